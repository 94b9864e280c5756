import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { cpuMicroseconds } from './accounting.ts';

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server';

/** Why nothing can be measured with Redis here; undefined: it can. */
export const noRedis: string | undefined =
  spawnSync(PROGRAM, ['--version']).status === 0
    ? undefined
    : 'redis-server is not installed, or REDIS_SERVER is not its path';

export interface RedisProcess {
  readonly url: string;
  cpuMicroseconds(): number;
  end(): Promise<void>;
}

/** A Redis that has on disk what it acknowledges, in a new directory, on a free port. */
export async function startRedis(): Promise<RedisProcess> {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-bench-redis-'));
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir: directory,
    save: '',
    appendonly: 'yes',
    appendfsync: 'always',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child: ChildProcess = spawn(PROGRAM, args, { stdio: 'ignore' });
  while (!(await answers(port))) await passed(20);
  return {
    url: `redis://127.0.0.1:${port}`,
    cpuMicroseconds: () => cpuMicroseconds(child.pid as number),
    async end() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
