import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../clock.ts';
import type { ClientAddress } from './client-address.ts';
import type { Connection, Handshake, Transport, TransportOptions } from './connection.ts';
import { createDropReports } from './drop-reports.ts';
import { isBinaryFrame } from './frame.ts';
import { negotiatedProtocol, optional, splitTarget } from './handshake.ts';
import { addressOf, answerNode, closerOf, headersOf, listenNode } from './node-http.ts';
import { Topics } from './topics.ts';
import { WsConnection, type WsConnectionEvents } from './ws-connection.ts';

/** A silent peer is pinged after two of these, and ended after four; µWS takes two minutes, too. */
const ALIVE_INTERVAL_MS = 30_000;

/** The transport on the `ws` package and node:http, for where µWS has no binary. */
export function createWsTransport(options: TransportOptions, clock: Clock = systemClock): Transport {
  const { handler, http, maxBufferedBytes, maxFrameBytes, newId } = options;
  const paths = new Set(options.paths);
  const topics = new Topics<WsConnection>();
  const connections = new Set<WsConnection>();
  const drops = createDropReports((connection, frame) => handler.dropped(connection, frame));
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    return answerNode(http, request, response, options);
  };
  const server = createServer((request, response) => void answer(request, response));
  const closeServer = closerOf(server);
  const upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: maxFrameBytes,
    handleProtocols: (_offered, request) => protocolFor(request) || false,
  });
  const stopChecks = clock.every(ALIVE_INTERVAL_MS, () => {
    for (const connection of connections) connection.checkAlive();
  });

  const events: WsConnectionEvents = {
    received: (connection, bytes, isBinary) => handler.received(connection, bytes, isBinary),
    drained(connection) {
      drops.flush(connection);
      handler.drained(connection);
    },
    closed(connection, code, clean) {
      connections.delete(connection);
      drops.forget(connection);
      handler.closed(connection, code, clean);
    },
  };

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    stream.on('error', () => stream.destroy());
    const { path, query } = splitTarget(request.url ?? '/');
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket';
    if (!isWebSocket || !(paths.has(path) || options.accepts?.(path, query))) {
      refuse(request, stream);
      return;
    }
    upgrades.handleUpgrade(request, stream, head, (socket) => {
      const handshake = readHandshake(request, socket.protocol, paths.has(path), options.clientAddress);
      const parts = { id: newId(), socket, stream, maxBufferedBytes, topics, events };
      const connection = new WsConnection(parts);
      connections.add(connection);
      handler.opened(connection, handshake);
    });
  });

  function protocolFor(request: IncomingMessage): string {
    const { path } = splitTarget(request.url ?? '/');
    return negotiatedProtocol(handler, request.headers['sec-websocket-protocol'] ?? '', path);
  }

  /** The answer that the request would get without its wish to upgrade. */
  async function refuse(request: IncomingMessage, stream: Duplex): Promise<void> {
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(stream as Parameters<ServerResponse['assignSocket']>[0]);
    response.once('finish', () => stream.end());
    // No parser reads the stream any more: what follows is discarded, and a peer that leaves has left.
    stream.once('end', () => stream.destroy());
    stream.resume();
    await answer(request, response);
  }

  return {
    publish(topic, frame, except?: Connection) {
      // Encoded once, whatever the number of receivers.
      const encoded = typeof frame === 'string' ? Buffer.from(frame) : frame;
      for (const connection of topics.of(topic)) {
        if (connection === except || connection.send(encoded) !== 'dropped') continue;
        drops.add(connection, isBinaryFrame(encoded) ? encoded.binary : encoded);
      }
    },

    listen: (host, port) => listenNode(server, host, port),

    stopListening() {
      server.close();
    },

    async close() {
      stopChecks();
      for (const connection of connections) connection.terminate();
      await closeServer();
    },
  };
}

function readHandshake(
  request: IncomingMessage,
  protocol: string,
  isNative: boolean,
  clientAddress?: ClientAddress,
): Handshake {
  const { headers } = request;
  return {
    ...splitTarget(request.url ?? '/'),
    ...(isNative ? {} : { headers: headersOf(request) }),
    authorization: optional(headers.authorization),
    cookie: optional(headers.cookie),
    origin: optional(headers.origin),
    host: optional(headers.host),
    address: addressOf(request, clientAddress),
    protocol,
  };
}
