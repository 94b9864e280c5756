import { type RedisProcess, startRedis } from './redis.ts';
import { type Contender, type ServerProcess, startServer } from './servers.ts';

/** Microseconds of CPU: of each server, and of the store that they share. */
export interface Cpu {
  readonly servers: readonly number[];
  readonly store: number | undefined;
}

/** The servers of a contender: most often one. */
export interface ServerGroup {
  readonly ports: readonly number[];
  cpu(): Cpu;
  /** Of the first, after its rubbish has been collected. */
  memoryBytes(): Promise<number>;
  /** Rejects when one of them ends. */
  readonly ended: Promise<never>;
  end(): Promise<void>;
}

export async function startGroup(contender: Contender): Promise<ServerGroup> {
  const { nodes = 1, store } = contender;
  const redis: RedisProcess | undefined = store === 'redis' ? await startRedis() : undefined;
  const shared = redis === undefined ? {} : { STORE: 'redis', REDIS_URL: redis.url };
  const servers: ServerProcess[] = [];
  const end = async () => {
    await Promise.all(servers.map((one) => one.end()));
    await redis?.end();
  };
  try {
    for (let node = 0; node < nodes; node++)
      servers.push(await startServer({ ...contender, env: { ...contender.env, ...shared } }, node));
  } catch (error) {
    await end();
    throw error;
  }
  const ended = Promise.race([...servers, ...(redis ? [redis] : [])].map((one) => one.ended));
  ended.catch(() => {});
  return {
    ports: servers.map(({ port }) => port),
    cpu: () => ({ servers: servers.map((one) => one.cpuMicroseconds()), store: redis?.cpuMicroseconds() }),
    memoryBytes: () => (servers[0] as ServerProcess).memoryBytes(),
    ended,
    end,
  };
}
