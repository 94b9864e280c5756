import type { Test } from 'tap';
import { WebSocket } from 'ws';
import { type Client, type ConnectOptions, connect, type Room } from '../../clients/client/index.ts';
import { text } from '../../clients/client/text/index.ts';
import type { Server } from '../../server/assembly/server-options.ts';
import { startServer } from '../support/servers.ts';

/** Rates that no test exceeds unless it means to. */
const generous = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s' };

export interface ClientStage {
  readonly server: Server;
  readonly url: string;
  client(options?: ConnectOptions): Client;
  /** The connections of all clients, oldest first. */
  readonly sockets: WebSocket[];
  /** The requests of all clients, oldest first; those that a test breaks off end on both sides. */
  readonly requests: { readonly method: string; readonly address: URL; readonly breaker: AbortController }[];
}

/** A real server, and clients of it that end with the test. */
export async function clientStage(t: Test, env: Record<string, string> = {}): Promise<ClientStage> {
  const server = await startServer({ ...generous, ...env });
  const url = `ws://127.0.0.1:${server.port}/ws`;
  const clients: Client[] = [];
  const sockets: WebSocket[] = [];
  t.teardown(async () => {
    for (const one of clients) one.close();
    await server.close();
  });
  const requests: ClientStage['requests'] = [];
  const remembered: typeof fetch = (input, init = {}) => {
    const { method = 'GET', signal } = init;
    const breaker = new AbortController();
    requests.push({ method, address: new URL(String(input)), breaker });
    return fetch(input, { ...init, signal: AbortSignal.any([breaker.signal, ...(signal ? [signal] : [])]) });
  };
  class Remembered extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols);
      sockets.push(this);
    }
  }
  return {
    server,
    url,
    sockets,
    requests,
    client(options = {}) {
      const parts = { WebSocket: Remembered, fetch: remembered, text, backoff: { minMs: 5, maxMs: 50 } };
      const one = connect(url, { ...parts, ...options });
      clients.push(one);
      return one;
    },
  };
}

/** Resolves once it is true. The limit only ends a test that fails. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 100_000; ) {
    if (isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`never came: ${what}`);
}

/** Resolves once the room has become it, however soon it becomes something else. */
export function becomes(room: Room, status: Room['status']): Promise<void> {
  return new Promise((resolve) => room.on('status', (now) => now === status && resolve()));
}
