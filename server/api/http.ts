import { processRoutes, routes } from '../../protocol/http/index.ts';
import type { HttpHandler } from '../transport/connection.ts';
import { createEntrance, type EntranceOptions } from './entrance.ts';
import { createProcessHandlers, type ProcessOptions } from './handlers/process.ts';
import { createStreamHandlers, type StreamOptions } from './handlers/streams.ts';
import { createRouter, type RouterOptions } from './router.ts';

export type HttpOptions = ProcessOptions & StreamOptions & EntranceOptions & Omit<RouterOptions, 'entrance'>;

/** What is answered over HTTP: everything, and, for HEALTH_PORT, what concerns the process alone. */
export function createHttp(options: HttpOptions): { all: HttpHandler; process: HttpHandler } {
  const parts: RouterOptions = { ...options, entrance: createEntrance(options) };
  const ofProcess = createProcessHandlers(options);
  return {
    all: createRouter(routes, { ...ofProcess, ...createStreamHandlers(options) }, parts),
    process: createRouter(processRoutes, ofProcess, parts),
  };
}
