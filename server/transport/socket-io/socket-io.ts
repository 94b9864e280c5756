import { closeReason, closes } from '../../../protocol/closes.ts';
import type { Clock } from '../../clock.ts';
import { ProtocolViolation } from '../../dialect/framings/protocol-violation.ts';
import { decodeSocketPacket, type SocketPacket } from '../../dialect/framings/socket-io.ts';
import { type Incomplete, MAX_ATTACHMENTS } from '../../dialect/framings/socket-io-binary.ts';
import { encodeConnectError } from '../../dialect/framings/socket-io-encode.ts';
import { SmallMap } from '../../small-map.ts';
import { CLOSE_NORMAL, CLOSE_PROTOCOL_ERROR } from '../close-frame.ts';
import type { Connection, ConnectionHandler, Handshake } from '../connection.ts';
import { Deadlines } from '../deadlines.ts';
import { handshakeIn, Socket, type SocketHandler } from './socket.ts';

export interface SocketIoOptions {
  readonly clock: Clock;
  /** Who serves a namespace; undefined: there is none of this name. */
  readonly namespace: (name: string) => SocketHandler | undefined;
  /** A client that is in no namespace after so long is closed. */
  readonly connectTimeoutMs: number;
  readonly maxAttachmentBytes: number;
  /** Of an event to this handler: what is longer comes without its arguments. */
  readonly maxEventBytes: (handler: SocketHandler) => number;
  /**
   * Whoever asks more often than that to be let in is closed (FLOOD), as each stay begins with full buckets; so is who
   * says so often what goes to nobody, and is counted nowhere else.
   */
  readonly maxUncounted: { readonly count: number; readonly windowMs: number };
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
  /** Of the packet that is under way. */
  bytes: number;
  /** How often it has said what nobody else counts since then; monotonic. */
  uncounted: number;
  uncountedSinceMs: number;
}

const utf8 = new TextDecoder();

/**
 * Socket.IO protocol 5 on sessions of Engine.IO: leads packets to the sockets of their namespaces. A packet
 * that breaks the protocol closes the client's session at once.
 */
export function createSocketIoHandler(options: SocketIoOptions): ConnectionHandler {
  const { newId, maxAttachmentBytes, maxEventBytes, maxUncounted } = options;
  const idle = new Deadlines<Connection>(options.clock, options.connectTimeoutMs, (engine) => {
    if (clientOf(engine).sockets.size === 0) engine.close(CLOSE_NORMAL, '');
  });

  function take(engine: Connection, packet: SocketPacket, size: number): void {
    const client = clientOf(engine);
    const namespace = nameIn(packet.namespace);
    const socket = client.sockets.get(namespace);
    if (isUncounted(packet, socket) && isFlood(client)) return flooded(engine);
    if (packet.type === 'connect') return connect(engine, namespace, packet.data);
    // It cannot have known yet; were it a violation, the session would end before that is told.
    if (socket === undefined && client.sentAway?.has(namespace)) return;
    // Also what only servers say.
    if (socket === undefined || packet.type === 'connect_error')
      throw new ProtocolViolation('INVALID_PAYLOAD');
    if (packet.type === 'event') socket.handler.event(socket, packet, size);
    else if (packet.type === 'ack') socket.handler.acknowledged?.(socket, packet);
    else leave(socket);
  }

  /** What goes to nobody need not be read. */
  function maxIn({ sockets }: Client, namespace: string): number {
    const socket = sockets.get(nameIn(namespace));
    return socket === undefined ? 0 : maxEventBytes(socket.handler);
  }

  function isFlood(client: Client): boolean {
    const nowMs = Math.floor(options.clock.monotonic());
    if (nowMs - client.uncountedSinceMs >= maxUncounted.windowMs) {
      client.uncounted = 0;
      client.uncountedSinceMs = nowMs;
    }
    client.uncounted += 1;
    return client.uncounted > maxUncounted.count;
  }

  function flooded(engine: Connection): void {
    options.flooded(clientOf(engine).handshake.address);
    engine.close(closes.FLOOD.code, closeReason('FLOOD'));
  }

  function connect(engine: Connection, namespace: string, data: unknown): void {
    const { sockets, sentAway, handshake } = clientOf(engine);
    const handler = options.namespace(namespace);
    if (handler === undefined) {
      const sent = engine.send(encodeConnectError(namespace, { message: 'Invalid namespace' }));
      // It would wait for ever.
      if (sent === 'dropped') engine.close(CLOSE_NORMAL, '');
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
    socket.handler.closed(socket, CLOSE_NORMAL, true);
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
        bytes: 0,
        uncounted: 0,
        uncountedSinceMs: Math.floor(options.clock.monotonic()),
      };
      engine.state = client;
      idle.set(engine);
    },

    received(engine, bytes, isBinary) {
      const client = clientOf(engine);
      try {
        const data = isBinary ? bytes : utf8.decode(bytes);
        const maxCharacters = (namespace: string) => maxIn(client, namespace);
        const limits = { maxAttachments: MAX_ATTACHMENTS, maxAttachmentBytes, maxCharacters };
        const packet = decodeSocketPacket(data, client.incomplete, limits);
        const size = client.bytes + bytes.length;
        const isWhole = packet.type !== 'incomplete';
        client.incomplete = isWhole ? undefined : packet;
        client.bytes = isWhole ? 0 : size;
        if (isWhole) take(engine, packet, size);
      } catch (error) {
        if (!(error instanceof ProtocolViolation)) throw error;
        engine.close(CLOSE_PROTOCOL_ERROR, '');
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

/** Clients may put a query behind the name. */
function nameIn(namespace: string): string {
  const end = namespace.indexOf('?');
  return end === -1 ? namespace : namespace.slice(0, end);
}

/** Whether nobody behind the socket counts it. */
function isUncounted({ type }: SocketPacket, socket: Socket | undefined): boolean {
  if (type === 'ack') return socket?.handler.acknowledged === undefined;
  return type === 'connect' || socket === undefined;
}

/** The connection beneath a socket, which is what a transport knows. */
export function wireOf(connection: Connection | undefined): Connection | undefined {
  return connection instanceof Socket ? connection.engine : connection;
}

/** Sends a client out of all its namespaces, so that it does not come back by itself, and off the server. */
export function sendOff(engine: Connection): void {
  for (const socket of [...clientOf(engine).sockets.values()]) socket.disconnect();
  engine.close(CLOSE_NORMAL, '');
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
