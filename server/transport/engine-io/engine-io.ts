import type { Clock } from '../../clock.ts';
import type { Peers } from '../../peers/peers.ts';
import type {
  Connection,
  ConnectionHandler,
  HttpRequest,
  Transport,
  TransportOptions,
} from '../connection.ts';
import { Topics } from '../topics.ts';
import { Mount } from './mount.ts';
import { defaultOptions, type EngineIoMount } from './options.ts';
import { type OutboundPacket, outboundPacket } from './packet.ts';
import type { Polling } from './polling.ts';
import { EngineSession } from './session.ts';
import { EngineSocket } from './socket.ts';

export interface EngineIoParts {
  readonly mounts: readonly EngineIoMount[];
  readonly clock: Clock;
  /** The other nodes; undefined: there are none. */
  readonly peers: Peers | undefined;
}

/**
 * Puts Engine.IO protocol 4 on a transport: its sessions are connections like all others, each with the handler
 * of its mount. What is published reaches those on a WebSocket through the transport, those over long-polling
 * by their buffers. Everything at other paths is as `options` say.
 *
 * Requests of long-polling may come to any node: that of the session answers them. WebSockets may not, which clients
 * that would upgrade find out without harm.
 *
 * @param make makes the transport, from options with the mounts in them
 */
export async function createEngineIoTransport(
  { mounts, clock, peers }: EngineIoParts,
  options: TransportOptions,
  make: (options: TransportOptions) => Transport | Promise<Transport>,
): Promise<Transport> {
  const { maxBufferedBytes, newId } = options;
  // No transport has connections for sessions over long-polling.
  const topics = new Topics<Polling>();
  const byPath = new Map<string, Mount>();
  for (const { path, handler, options: given } of mounts) {
    const bare = path.replace(/\/+$/, '');
    const parts = {
      path: bare,
      peers,
      options: { ...defaultOptions, ...given },
      handler,
      topics,
      clock,
      maxBufferedBytes,
      newId,
    };
    const mount = new Mount(parts);
    for (const spelling of [bare, `${bare}/`]) byPath.set(spelling, mount);
  }

  const transport = await make({
    ...options,
    handler: routeEvents(options.handler, byPath),
    http: (request: HttpRequest) => byPath.get(request.path)?.answer(request) ?? options.http(request),
    accepts: (path, query) => byPath.get(path)?.accepts(query) ?? options.accepts?.(path, query) ?? false,
  });

  return {
    publish(topic, frame, except?: Connection) {
      const isSession = except instanceof EngineSession;
      transport.publish(topic, frame, isSession ? except.connection : except);
      const exceptPolling = isSession ? except.polling : undefined;
      let packet: OutboundPacket | undefined;
      for (const polling of topics.of(topic)) {
        if (polling === exceptPolling) continue;
        packet ??= outboundPacket(frame);
        polling.publish(packet);
      }
    },
    listen: (host, port) => transport.listen(host, port),
    stopListening() {
      transport.stopListening();
      for (const mount of new Set(byPath.values())) mount.drain();
    },
    async close() {
      for (const mount of new Set(byPath.values())) mount.close();
      await transport.close();
    },
  };
}

/** Events of a mount's WebSockets go to their sessions, all others to `handler`. */
function routeEvents(handler: ConnectionHandler, byPath: ReadonlyMap<string, Mount>): ConnectionHandler {
  return {
    // As Engine.IO's own server, whose clients may insist on what they offer.
    selectProtocol: (offered, path) =>
      byPath.has(path) ? (offered[0] ?? '') : handler.selectProtocol(offered, path),
    opened(connection, handshake) {
      const mount = byPath.get(handshake.path);
      if (mount === undefined) {
        handler.opened(connection, handshake);
        return;
      }
      const socket = new EngineSocket(connection);
      connection.state = socket;
      mount.opened(socket, handshake);
    },
    received(connection, bytes, isBinary) {
      const { state } = connection;
      if (state instanceof EngineSocket) state.owner?.received(bytes, isBinary);
      else handler.received(connection, bytes, isBinary);
    },
    dropped(connection, frame) {
      const { state } = connection;
      if (state instanceof EngineSocket) state.owner?.dropped(frame);
      else handler.dropped(connection, frame);
    },
    drained(connection) {
      const { state } = connection;
      if (state instanceof EngineSocket) state.owner?.drained();
      else handler.drained(connection);
    },
    closed(connection, code, clean) {
      const { state } = connection;
      if (state instanceof EngineSocket) state.owner?.closed(code, clean);
      else handler.closed(connection, code, clean);
    },
  };
}
