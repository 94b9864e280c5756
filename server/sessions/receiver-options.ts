import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { ReceiverOptions } from '../fanout/receiver.ts';
import type { Metrics } from '../metrics.ts';
import type { Sessions } from './sessions.ts';

/** What becomes of receivers that fall behind, and what is counted of them all. */
export function createReceiverOptions({
  config,
  clock,
  metrics,
  sessions,
}: {
  config: Config;
  clock: Clock;
  metrics: Metrics;
  sessions: Sessions;
}): ReceiverOptions {
  return {
    clock,
    maxHeldBytes: config.limits.MAX_HELD_REPLY_BYTES,
    maxBufferedBytes: config.limits.MAX_BUFFERED_BYTES,
    drainTimeoutMs: config.limits.DRAIN_TIMEOUT_MS,
    onLagging: () => metrics.lagged.inc(),
    onResynced: () => metrics.resynced.inc(),
    onFrame(bytes) {
      metrics.framesSent.inc();
      metrics.bytesSent.inc(bytes);
    },
    onHopeless({ connection }, why) {
      sessions.closeConnection(connection, why);
      // It does not read, so it will not read the close frame either.
      if (why === 'SLOW_CONSUMER') connection.terminate();
    },
  };
}
