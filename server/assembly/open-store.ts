import { systemClock } from '../clock.ts';
import { openLmdbLog } from '../log/lmdb.ts';
import type { Log } from '../log/log.ts';
import { createMemoryLog } from '../log/memory.ts';
import { alone, type NodeEvents, type Nodes } from '../log/nodes.ts';
import type { ServerOptions } from './server-options.ts';

export interface Store {
  readonly log: Log;
  /** Makes this node known to those that share the store. */
  join(node: NodeEvents & { nodeId: string }): Promise<Nodes>;
}

/** Opens what `config.store` names, unless the program brings a log of its own. Rejects with a LogError. */
export async function openStore({
  config,
  log,
  logger,
  beats,
  clock = systemClock,
}: ServerOptions): Promise<Store> {
  if (log === undefined && config.redis !== undefined) {
    const { url, ...redis } = config.redis;
    // A third of all the files that a start reads: a server without Redis starts without them.
    const { openRedisLog } = await import('../log/redis.ts');
    const shared = await openRedisLog({
      ...redis,
      url: url.href,
      clock,
      onAway: (reason) => logger.error({ host: url.host, reason }, 'Redis cannot be used'),
      onBack: () => logger.info({ host: url.host }, 'Redis can be used again'),
      onUnreadable: (channel, err) =>
        logger.warn({ channel, err }, 'a message of another node cannot be read'),
    });
    return { log: shared, join: (node) => shared.join({ ...node, ...(beats && { beats }) }) };
  }
  return { log: log ?? (await openOwn(config, logger, clock)), join: async ({ nodeId }) => alone(nodeId) };
}

async function openOwn(
  { store, dataDir }: ServerOptions['config'],
  logger: ServerOptions['logger'],
  clock: typeof systemClock,
): Promise<Log> {
  if (store === 'memory') return createMemoryLog();
  const onCopy = () =>
    logger.warn(
      { dataDir },
      'the store is a copy: who comes back with what the original told gets the whole state, once',
    );
  return openLmdbLog({ directory: dataDir, clock, onCopy });
}
