import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createClient } from '@redis/client';
import type { Test } from 'tap';
import { missing } from './program.ts';
import { freePort } from './servers.ts';

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server';

/** For tap's `skip`, see `missing`. */
export const noRedis = missing(
  PROGRAM,
  ['--version'],
  'apt-get install redis-server, or set REDIS_SERVER to its path',
);

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  /** Of the latest start. */
  readonly pid: number | undefined;
  /** One command, on a connection of its own. */
  command(...words: string[]): Promise<unknown>;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Ends it as a crash does. */
  crash(): Promise<void>;
  /** Starts it again, on what it has on disk. */
  start(): Promise<void>;
}

/** A Redis of this test's own, with its directory, on a free port; ends with the test. */
export async function startRedis(
  t: Test,
  settings: Record<string, string> = {},
  directory = t.testdir(),
): Promise<TestRedis> {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  const given = { save: '', appendonly: 'yes', appendfsync: 'always', ...settings };
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const options = Object.entries({ ...given, port: String(port), bind: '127.0.0.1', dir: directory });
    child = spawn(
      PROGRAM,
      options.flatMap(([name, value]) => [`--${name}`, value]),
      { stdio: 'ignore' },
    );
    await until(async () => (await command('PING')) === 'PONG');
  }

  async function command(...words: string[]): Promise<unknown> {
    const client = createClient({ url, socket: { reconnectStrategy: false } });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.sendCommand(words);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }

  async function crash(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  await start();
  t.teardown(crash);
  return {
    port,
    url,
    get pid() {
      return child?.pid;
    },
    command,
    crash,
    start,
    signal: (name) => void child?.kill(name),
  };
}

/** Resolves once it is so. The bound only ends a test that hangs. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  what = 'what was waited for',
): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 60_000; ) {
    if (await Promise.resolve(holds()).catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never came: ${what}`);
}
