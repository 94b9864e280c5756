import type { RouterOptions } from './api/router.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';

const suspicious: ReadonlySet<string> = new Set(['TOKEN_INVALID', 'FORBIDDEN']);

/** What is noted of requests that were not answered as they were meant. */
export function createHttpReports(
  logger: Logger,
  metrics: Metrics,
): Pick<RouterOptions, 'onRefused' | 'onFault'> {
  return {
    onRefused({ code, details }, { address, path }, userId) {
      metrics.errors.labels(code).inc();
      if (code === 'RATE_LIMITED') metrics.rateLimited.inc();
      // The query is left out: it may hold a token.
      if (suspicious.has(code)) {
        logger.warn({ code, userId, address, request: path, path: details.path }, 'request refused');
      }
    },
    onFault: (error, route) => logger.error({ err: error, route }, 'a request failed'),
  };
}
