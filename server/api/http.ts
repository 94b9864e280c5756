import { processRoutes, routes } from '../../protocol/http/index.ts';
import { openapi } from '../../protocol/http/openapi.ts';
import type { HttpBackend } from '../backend/backend.ts';
import type { Projects } from '../directory/directory.ts';
import type { HttpHandler } from '../transport/connection.ts';
import { createEntrance, type EntranceOptions } from './entrance.ts';
import { type ConnectionOptions, createConnectionHandlers } from './handlers/connections.ts';
import { createProcessHandlers, type ProcessOptions } from './handlers/process.ts';
import { createProjectHandlers, createSessionHandlers } from './handlers/projects.ts';
import { createPublishingHandlers, createRoomHandlers } from './handlers/rooms.ts';
import { createStreamHandlers, type StreamOptions } from './handlers/streams.ts';
import { createTokenHandlers, type TokenOptions } from './handlers/tokens.ts';
import { createRouter, type RouterOptions } from './router.ts';
import type { WholeReply } from './row.ts';

export type HttpOptions = ProcessOptions &
  TokenOptions &
  StreamOptions &
  ConnectionOptions &
  EntranceOptions &
  Omit<RouterOptions, 'entrance'> & {
    backend: HttpBackend;
    projects: Projects;
    /** Of the program. */
    version: string;
  };

/** What is answered over HTTP: everything, and, for HEALTH_PORT, what concerns the process alone. */
export function createHttp(options: HttpOptions): { all: HttpHandler; process: HttpHandler } {
  const parts: RouterOptions = { ...options, entrance: createEntrance(options) };
  const ofProcess = createProcessHandlers(options);
  const handlers = {
    ...ofProcess,
    ...createPublishingHandlers(options),
    ...createRoomHandlers(options),
    ...createProjectHandlers(options),
    ...createSessionHandlers(options),
    ...createTokenHandlers(options),
    ...createStreamHandlers(options),
    ...createConnectionHandlers(options),
    openapi: describedBy(() => openapi(options.version)),
  };
  return {
    all: createRouter(routes, handlers, parts),
    process: createRouter(processRoutes, ofProcess, parts),
  };
}

/** Made when it is first asked for. */
function describedBy(make: () => object): () => WholeReply {
  let body: string | undefined;
  return () => {
    body ??= JSON.stringify(make());
    return { http: { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' }, body } };
  };
}
