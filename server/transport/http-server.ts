import { createServer } from 'node:http';
import type { HttpHandler } from './connection.ts';
import { answerNode, closerOf, listenNode } from './node-http.ts';

export interface HttpServer {
  /** Resolves with the port. */
  listen(host: string, port: number): Promise<number>;
  /** Ends everything. */
  close(): Promise<void>;
}

/** A server without WebSockets, for health checks and metrics on a port of their own (HEALTH_PORT). */
export function createHttpServer(http: HttpHandler): HttpServer {
  const server = createServer((request, response) => void answerNode(http, request, response));
  return {
    listen: (host, port) => listenNode(server, host, port),
    close: closerOf(server),
  };
}
