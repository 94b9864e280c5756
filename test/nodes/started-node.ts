import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { Beats } from '../../server/log/redis-nodes.ts';
import { plain } from '../e2e/plain-process.ts';
import { built } from '../support/program.ts';
import { TEST_SECRET } from '../support/servers.ts';

/** A node in a process of its own. */
export interface StartedNode {
  readonly port: number;
  /** Resolves when it has ended, with what it wrote to its standard error. */
  readonly ended: Promise<string>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL, and the wait for its end. */
  kill(): Promise<void>;
}

/** @param beats the usual ones where they are left out */
export async function startNode(
  t: Pick<Test, 'teardown'>,
  env: Record<string, string>,
  beats?: Beats,
): Promise<StartedNode> {
  const [command, ...args] = plain([process.execPath, built('test/nodes/node-process.ts')]);
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      ...{ WS_PORT: '0', HOST: '127.0.0.1', JWT_SECRET: TEST_SECRET },
      ...(beats === undefined ? {} : { BEATS: JSON.stringify(beats) }),
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text: Buffer) => {
    errors += text;
  });
  const exited = once(child, 'close');
  t.teardown(() => kill(child, exited));
  const said = once(child.stdout, 'data') as Promise<[Buffer]>;
  const ended = exited.then(() => errors);
  const first = await Promise.race([said, ended]);
  if (typeof first === 'string') throw new Error(`the node ended before it listened: ${first}`);
  return {
    port: Number(first[0].toString()),
    ended,
    signal: (name) => void child.kill(name),
    kill: () => kill(child, exited),
  };
}

async function kill(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await exited;
}
