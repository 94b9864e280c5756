import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ClientAddress } from './client-address.ts';
import type { HttpHandler, TransportOptions } from './connection.ts';
import { Headers, peerAddress, splitTarget } from './handshake.ts';
import { requestBody } from './http-body.ts';
import { isBodiless, responseTo } from './http-response.ts';
import { listenError } from './listen-error.ts';
import { streamNode } from './node-output.ts';

/** Answers a request of node:http. Resolves when the answer is written, or the request was aborted. */
export async function answerNode(
  http: HttpHandler,
  request: IncomingMessage,
  response: ServerResponse,
  { isLeaving = () => false, clientAddress }: Pick<TransportOptions, 'isLeaving' | 'clientAddress'> = {},
): Promise<void> {
  const aborter = new AbortController();
  response.once('close', () => {
    if (!response.writableEnded) aborter.abort();
  });
  const asked = requestBody({
    announced: request.headers['content-length'],
    aborted: aborter.signal,
    pour: ({ add, end }) => request.on('data', add).on('end', end),
  });
  const answer = responseTo(http, {
    method: request.method ?? 'GET',
    ...splitTarget(request.url ?? '/'),
    headers: headersOf(request),
    address: addressOf(request, clientAddress),
    aborted: aborter.signal,
    body: asked.read,
  });
  asked.close();
  // Not awaited where it is there already: pipelined requests are answered within their own turn.
  const ready = answer instanceof Promise ? await answer : answer;
  if (ready.stream !== undefined) return streamNode(response, ready, ready.stream);
  const { status, headers, body } = ready;
  if (response.destroyed) return;
  if (isLeaving()) response.shouldKeepAlive = false;
  const length = isBodiless(status) ? {} : { 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  // As µWS does.
  response.setTimeout(STALLED_MS, () => response.destroy());
  response.end(isBodiless(status) ? undefined : body);
}

/** A response that makes no progress for so long, or up to twice as long, is broken off. */
const STALLED_MS = 10_000;

export function addressOf(request: IncomingMessage, clientAddress: ClientAddress = (peer) => peer): string {
  const peer = peerAddress(request.socket.remoteAddress ?? '');
  return clientAddress(peer, () => headersOf(request)['x-forwarded-for']);
}

export function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const joined = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

/** Resolves with the port. */
export function listenNode(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error) => reject(listenError(host, port, cause));
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Returns what ends the server with all its connections, upgraded ones among them. */
export function closerOf(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return async () => {
    // Calls back also where the server does not listen: with an error, which says just that.
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
}
