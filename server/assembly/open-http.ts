import { createHttp, type HttpOptions } from '../api/http.ts';
import type { RouterOptions } from '../api/router.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Suspicion } from '../sessions/suspicion.ts';
import { packageVersion } from '../version.ts';

export interface OpenHttpOptions
  extends Pick<
    HttpOptions,
    | 'ready'
    | 'closing'
    | 'backend'
    | 'projects'
    | 'clients'
    | 'natives'
    | 'verifyToken'
    | 'authorize'
    | 'revoke'
  > {
  config: Config;
  logger: Logger;
  clock: Clock;
  metrics: Metrics;
  suspicion: Suspicion;
}

/** What is answered over HTTP, as the settings say. */
export function openHttp({ config, logger, clock, metrics, suspicion, ...parts }: OpenHttpOptions) {
  const { auth, corsOrigins, rates, limits } = config;
  return createHttp({
    ...parts,
    metrics: () => metrics.render(),
    version: packageVersion(),
    guests: auth === 'optional',
    allowedOrigins: corsOrigins,
    cors: { origins: corsOrigins, credentials: true },
    rate: rates.api,
    limits,
    monotonic: clock.monotonic,
    ...createReports(logger, metrics, suspicion),
  });
}

/** What is noted of requests that were not answered as they were meant. */
function createReports(
  logger: Logger,
  metrics: Metrics,
  suspicion: Suspicion,
): Pick<RouterOptions, 'onAnswered' | 'onRefused' | 'onFault'> {
  return {
    onAnswered: (route, status) => metrics.httpRequests.labels(route ?? 'none', String(status)).inc(),
    onRefused({ code, details }, { address, path }, userId) {
      metrics.errors.labels(code).inc();
      if (code === 'RATE_LIMITED') metrics.rateLimited.inc();
      // The query is left out: it may hold a token.
      suspicion(code, { address, userId, request: path, path: details.path });
    },
    onFault: (error, route) => logger.error({ err: error, route }, 'a request failed'),
  };
}
