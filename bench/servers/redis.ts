import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { cpuMicroseconds } from './accounting.ts';
import { type Owned, owned } from './owned.ts';

const PROGRAM = process.env.REDIS_SERVER ?? 'redis-server';

/** Why nothing can be measured with Redis here; undefined: it can. */
export const noRedis: string | undefined =
  spawnSync(PROGRAM, ['--version']).status === 0
    ? undefined
    : 'redis-server is not installed, or REDIS_SERVER is not its path';

export interface RedisProcess extends Owned {
  readonly url: string;
  cpuMicroseconds(): number;
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
  const redis = owned('Redis', spawn(PROGRAM, args, { stdio: 'ignore' }), directory);
  try {
    while (!(await answers(port))) await Promise.race([passed(20), redis.ended]);
  } catch (error) {
    await redis.end();
    throw error;
  }
  return {
    ...redis,
    url: `redis://127.0.0.1:${port}`,
    cpuMicroseconds: () => cpuMicroseconds(redis.pid),
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
