import { createServer, type IncomingMessage, type ServerOptions } from 'node:http';
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
  // Later versions of Node ask. Those before take every request that offers an upgrade for one.
  const asked: ServerOptions & { shouldUpgradeCallback: typeof isWebSocket } = {
    shouldUpgradeCallback: isWebSocket,
  };
  const server = createServer(asked, (request, response) => {
    void answerNode(http, request, response, options);
  });
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
    const { path, query } = splitTarget(request.url ?? '/');
    if (!isWebSocket(request) || !(paths.has(path) || options.accepts?.(path, query))) {
      refuse(request, stream, head);
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

  /**
   * Has Node answer as without the wish to upgrade, which is `Upgrade` and a `Connection`, or `Proxy-Connection`,
   * that names it. It reads the head anew, and then the body, which it leaves to those who upgrade. The connection
   * ends with the answer.
   */
  function refuse(
    { method, url, httpVersion, rawHeaders }: IncomingMessage,
    stream: Duplex,
    rest: Buffer,
  ): void {
    const lines = [`${method} ${url} HTTP/${httpVersion}`, 'Connection: close'];
    for (let at = 0; at < rawHeaders.length; at += 2) {
      if (!/^(?:proxy-)?connection$/i.test(rawHeaders[at] ?? ''))
        lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
    }
    stream.unshift(Buffer.concat([Buffer.from([...lines, '', ''].join('\r\n'), 'latin1'), rest]));
    server.emit('connection', stream);
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

function isWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
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
