import { type CloseName, closes, isPlainObject } from '../../../protocol/index.ts';
import type { AckPacket, EventPacket } from '../../dialect/framings/socket-io.ts';
import { encodeConnectError, encodeDisconnect } from '../../dialect/framings/socket-io-encode.ts';
import { CLOSE_NORMAL } from '../close-frame.ts';
import type { Connection, ConnectionHandler, Frame, Handshake, SendResult } from '../connection.ts';

/** The layer above: sockets are connections to it, their events come decoded. */
export interface SocketHandler extends Omit<ConnectionHandler, 'received' | 'selectProtocol' | 'opened'> {
  /** `handshake`: with what came in the CONNECT packet. */
  opened(socket: Socket, handshake: Handshake): void;
  /** `size`: the bytes that the event came in. */
  event(socket: Socket, event: EventPacket, size: number): void;
  /** The answer to an event of the server's. */
  acknowledged?(socket: Socket, ack: AckPacket): void;
}

export interface SocketParts {
  /** Another one than the session's, and than those of the client's other namespaces. */
  readonly id: string;
  readonly namespace: string;
  /** The session of Engine.IO. */
  readonly engine: Connection;
  /** Who serves the namespace. */
  readonly handler: SocketHandler;
  /** The stay in the namespace is over, by this side. */
  readonly ended: (socket: Socket, code: number) => void;
}

const CONNECT = '40';

/**
 * A client's stay in one namespace of Socket.IO, as a connection: to the layer above nothing else is different
 * from a WebSocket. Until a CONNECT packet is sent through it the client is not let in, and hears nothing.
 */
export class Socket implements Connection {
  readonly id: string;
  readonly namespace: string;
  readonly engine: Connection;
  readonly handler: SocketHandler;
  state: unknown = undefined;
  readonly #ended: SocketParts['ended'];
  #phase: 'arriving' | 'connected' | 'ended' = 'arriving';

  constructor({ id, namespace, engine, handler, ended }: SocketParts) {
    this.id = id;
    this.namespace = namespace;
    this.engine = engine;
    this.handler = handler;
    this.#ended = ended;
  }

  send(frame: Frame): SendResult {
    if (this.#phase === 'ended') return 'dropped';
    if (this.#phase === 'arriving') {
      if (typeof frame !== 'string' || !frame.startsWith(CONNECT)) return 'sent';
      this.#phase = 'connected';
    }
    return this.engine.send(frame);
  }

  cork(action: () => void): void {
    this.engine.cork(action);
  }

  subscribe(topic: string): void {
    this.engine.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.engine.unsubscribe(topic);
  }

  bufferedBytes(): number {
    return this.engine.bufferedBytes();
  }

  get isPolling(): boolean {
    return this.engine.isPolling === true;
  }

  /**
   * Whoever shall come back finds the transport closed, after which clients reconnect by themselves; others
   * are refused (`connect_error`) or disconnected from the namespace (`io server disconnect`). Who arrives with
   * a token that cannot be verified at present is told so.
   */
  close(code: number, reason: string): void {
    if (this.#phase === 'ended') return;
    const wasConnected = this.#phase === 'connected';
    const name = nameOf(code);
    const isTold = !wasConnected && name === 'KEYS_UNAVAILABLE';
    if (name === undefined || (closes[name].reconnect && !isTold)) {
      this.engine.close(CLOSE_NORMAL, reason);
    } else if (wasConnected) this.disconnect(code);
    else
      this.refuse(
        { message: 'Authentication failed', data: { code: name, message: closes[name].text } },
        code,
      );
  }

  /** Does not let the client in: it finds a `connect_error`. */
  refuse(error: { message: string; data?: unknown }, code = CLOSE_NORMAL): void {
    if (this.#phase === 'arriving') this.#end(encodeConnectError(this.namespace, error), code);
  }

  /** Out of the namespace; the client's other namespaces live on. It finds an `io server disconnect`. */
  disconnect(code = CLOSE_NORMAL): void {
    if (this.#phase !== 'ended') this.#end(encodeDisconnect(this.namespace), code);
  }

  #end(farewell: string, code: number): void {
    this.#phase = 'ended';
    const sent = this.engine.send(farewell);
    this.#ended(this, code);
    // It would believe itself connected for good.
    if (sent === 'dropped') this.engine.close(CLOSE_NORMAL, '');
  }

  terminate(): void {
    this.engine.terminate();
  }

  get isEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** The client has left, or its transport is gone. */
  left(): void {
    this.#phase = 'ended';
  }
}

function nameOf(code: number): CloseName | undefined {
  return (Object.keys(closes) as CloseName[]).find((name) => closes[name].code === code);
}

/** The handshake of a socket: that of its session, and what came with the CONNECT packet. */
export function handshakeIn(namespace: string, engine: Handshake, connect: unknown): Handshake {
  const auth = isPlainObject(connect) ? connect : undefined;
  const { token, pid, offset: mark } = auth ?? {};
  return {
    namespace,
    ...engine,
    auth,
    token: typeof token === 'string' && token !== '' ? token : undefined,
    recovery: typeof pid === 'string' ? { pid, mark } : undefined,
  };
}
