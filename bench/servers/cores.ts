import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** No contender has more. */
const MOST_NODES = 2;

/** Which cores servers and load have to themselves. */
export interface Cores {
  /** One for each node; where there are but two cores, all nodes share one. */
  readonly servers: readonly number[];
  readonly load: readonly number[];
}

/** Undefined: servers and load share what there is. */
export const cores: Cores | undefined = shared(allowed());

/** Leaves the servers' cores to them, and says so where that is not possible. */
export function pinLoad(): void {
  if (cores === undefined)
    console.error('Servers and load share their cores: there is but one, or no taskset.');
  else execFileSync('taskset', ['-acp', cores.load.join(','), `${process.pid}`], { stdio: 'ignore' });
}

/** The command that starts a node on its core. */
export function onCore(node: number): string[] {
  if (cores === undefined) return [];
  return ['taskset', '-c', `${cores.servers[node % cores.servers.length]}`];
}

/** What the busiest core has to do, of what `each` node does: the sum where nodes share one. */
export function busiestCore(each: readonly number[], cores: Cores | undefined): number {
  const count = cores?.servers.length ?? each.length;
  const sums = each.slice(0, count).fill(0);
  for (const [node, one] of each.entries()) sums[node % count] = (sums[node % count] ?? 0) + one;
  return Math.max(...sums);
}

export function shared(all: readonly number[]): Cores | undefined {
  if (all.length < 2) return undefined;
  const count = Math.min(MOST_NODES, all.length - 1);
  return { servers: all.slice(0, count), load: all.slice(count) };
}

/** @param status as Linux has it in `/proc/self/status` */
export function coresIn(status: string): number[] {
  const [, list = ''] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status) ?? [];
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range === '' ? [] : range.split('-').map(Number);
    return Number.isNaN(first) ? [] : Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** None where a process cannot be pinned to them. */
function allowed(): number[] {
  try {
    const all = coresIn(readFileSync('/proc/self/status', 'utf8'));
    execFileSync('taskset', ['-c', all.join(','), 'true'], { stdio: 'ignore' });
    return all;
  } catch {
    return [];
  }
}
