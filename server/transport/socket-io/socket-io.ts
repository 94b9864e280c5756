import { closeReason, closes } from '../../../protocol/closes.ts';
import type { Clock } from '../../clock.ts';
import { ProtocolViolation } from '../../dialect/framings/protocol-violation.ts';
import { decodeSocketPacket, type SocketPacket } from '../../dialect/framings/socket-io.ts';
import { type Incomplete, MAX_ATTACHMENTS } from '../../dialect/framings/socket-io-binary.ts';
import { encodeConnectError } from '../../dialect/framings/socket-io-encode.ts';
import { SmallMap } from '../../small-map.ts';
import type { Connection, ConnectionHandler, Handshake } from '../connection.ts';
import { Deadlines } from '../engine-io/deadlines.ts';
import { handshakeIn, Socket, type SocketHandler } from './socket.ts';

export interface SocketIoOptions {
  readonly clock: Clock;
  /** Who serves a namespace; undefined: there is none of this name. */
  readonly namespace: (name: string) => SocketHandler | undefined;
  /** A client that is in no namespace after so long is closed. */
  readonly connectTimeoutMs: number;
  readonly maxAttachmentBytes: number;
  /** Whoever asks more often than that to be let in is closed (FLOOD): each stay begins with full buckets. */
  readonly maxConnects: { readonly count: number; readonly windowMs: number };
  readonly flooded: (address: string) => void;
  readonly newId: () => string;
}

/** A client: what it is connected to, by namespace, and a packet whose attachments are still to come. */
interface Client {
  readonly handshake: Handshake;
  readonly sockets: SmallMap<string, Socket>;
  /** Namespaces that it was sent away from; undefined: none yet. */
  sentAway: Set<string> | undefined;
  incomplete: Incomplete | undefined;
  /** How often it has asked to be let in since then; monotonic. */
  connects: number;
  connectsSinceMs: number;
}

const CLOSE_VIOLATION = 1002;
const CLOSE_CLEAN = 1000;
const utf8 = new TextDecoder();

/**
 * Socket.IO protocol 5 on sessions of Engine.IO: leads packets to the sockets of their namespaces. A packet
 * that breaks the protocol closes the client's session at once.
 */
export function createSocketIoHandler(options: SocketIoOptions): ConnectionHandler {
  const { newId, maxAttachmentBytes, maxConnects } = options;
  const limits = { maxAttachments: MAX_ATTACHMENTS, maxAttachmentBytes };
  const idle = new Deadlines<Connection>(options.clock, options.connectTimeoutMs, (engine) => {
    if (clientOf(engine).sockets.size === 0) engine.close(CLOSE_CLEAN, '');
  });

  function take(engine: Connection, packet: SocketPacket, size: number): void {
    const { sockets, sentAway } = clientOf(engine);
    if (packet.type === 'connect') {
      if (isFlood(clientOf(engine))) flooded(engine);
      else connect(engine, packet.namespace, packet.data);
      return;
    }
    const socket = sockets.get(packet.namespace);
    // It cannot have known yet; were it a violation, the session would end before that is told.
    if (socket === undefined && sentAway?.has(packet.namespace)) return;
    // Also what only servers say.
    if (socket === undefined || packet.type === 'connect_error')
      throw new ProtocolViolation('INVALID_PAYLOAD');
    if (packet.type === 'event') socket.handler.event(socket, packet, size);
    else if (packet.type === 'ack') socket.handler.acknowledged?.(socket, packet);
    else leave(socket);
  }

  function isFlood(client: Client): boolean {
    const nowMs = Math.floor(options.clock.monotonic());
    if (nowMs - client.connectsSinceMs >= maxConnects.windowMs) {
      client.connects = 0;
      client.connectsSinceMs = nowMs;
    }
    client.connects += 1;
    return client.connects > maxConnects.count;
  }

  function flooded(engine: Connection): void {
    options.flooded(clientOf(engine).handshake.address);
    engine.close(closes.FLOOD.code, closeReason('FLOOD'));
  }

  function connect(engine: Connection, asked: string, data: unknown): void {
    // Clients may put a query behind the name.
    const [namespace = ''] = asked.split('?');
    const { sockets, sentAway, handshake } = clientOf(engine);
    const handler = options.namespace(namespace);
    if (handler === undefined) {
      engine.send(encodeConnectError(namespace, { message: 'Invalid namespace' }));
      return;
    }
    if (sockets.has(namespace)) return;
    const socket = new Socket({ id: newId(), namespace, engine, handler, ended });
    sockets.set(namespace, socket);
    sentAway?.delete(namespace);
    idle.delete(engine);
    handler.opened(socket, handshakeIn(namespace, handshake, data));
  }

  function ended(socket: Socket, code: number): void {
    forget(socket);
    const client = clientOf(socket.engine);
    client.sentAway ??= new Set();
    client.sentAway.add(socket.namespace);
    socket.handler.closed(socket, code, true);
  }

  function leave(socket: Socket): void {
    forget(socket);
    socket.left();
    socket.handler.closed(socket, CLOSE_CLEAN, true);
  }

  function forget({ engine, namespace }: Socket): void {
    const { sockets } = clientOf(engine);
    sockets.delete(namespace);
    if (sockets.size === 0) idle.set(engine);
  }

  return {
    selectProtocol: () => '',

    opened(engine, handshake) {
      const client: Client = {
        handshake,
        sockets: new SmallMap(),
        sentAway: undefined,
        incomplete: undefined,
        connects: 0,
        connectsSinceMs: Math.floor(options.clock.monotonic()),
      };
      engine.state = client;
      idle.set(engine);
    },

    received(engine, bytes, isBinary) {
      const client = clientOf(engine);
      try {
        const data = isBinary ? bytes : utf8.decode(bytes);
        const packet = decodeSocketPacket(data, client.incomplete, limits);
        const isWhole = packet.type !== 'incomplete';
        client.incomplete = isWhole ? undefined : packet;
        if (isWhole) take(engine, packet, bytes.length);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        engine.close(CLOSE_VIOLATION, '');
      }
    },

    dropped(engine, frame) {
      const { sockets } = clientOf(engine);
      const namespace = namespaceIn(frame);
      for (const socket of [...sockets.values()]) {
        if (namespace === undefined || namespace === socket.namespace) socket.handler.dropped(socket, frame);
      }
    },

    drained(engine) {
      for (const socket of [...clientOf(engine).sockets.values()]) socket.handler.drained(socket);
    },

    closed(engine, code) {
      idle.delete(engine);
      const { sockets } = clientOf(engine);
      for (const socket of [...sockets.values()]) {
        sockets.delete(socket.namespace);
        socket.left();
        socket.handler.closed(socket, code, false);
      }
    },
  };
}

/** The connection beneath a socket, which is what a transport knows. */
export function wireOf(connection: Connection | undefined): Connection | undefined {
  return connection instanceof Socket ? connection.engine : connection;
}

function clientOf(engine: Connection): Client {
  return engine.state as Client;
}

/** Of a packet: `42/scenes,[…]`, `451-/scenes,[…]`; undefined: bytes of one, which do not say whose they are. */
function namespaceIn(frame: Uint8Array): string | undefined {
  const head = utf8.decode(frame.subarray(0, 256));
  const found = /^4\d(?:\d+-)?(?:(\/[^,]*),|[\d[{])/.exec(head);
  return found === null ? undefined : (found[1] ?? '/');
}
