import type { RouterOptions } from './api/router.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Suspicion } from './suspicion.ts';

/** What is noted of requests that were not answered as they were meant. */
export function createHttpReports(
  logger: Logger,
  metrics: Metrics,
  suspicion: Suspicion,
): Pick<RouterOptions, 'onRefused' | 'onFault'> {
  return {
    onRefused({ code, details }, { address, path }, userId) {
      metrics.errors.labels(code).inc();
      if (code === 'RATE_LIMITED') metrics.rateLimited.inc();
      // The query is left out: it may hold a token.
      suspicion(code, { address, userId, request: path, path: details.path });
    },
    onFault: (error, route) => logger.error({ err: error, route }, 'a request failed'),
  };
}
