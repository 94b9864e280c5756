import { arrivals } from './arrivals.ts';
import { bigScene } from './big-scene.ts';
import { cameras } from './cameras.ts';
import { edits } from './editing.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import type { Workload } from './run.ts';

export const workloads: readonly Workload[] = [cameras, edits, arrivals, idle, bigScene, growth];
