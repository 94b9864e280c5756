import { type CloseName, closes, isPlainObject } from '../../../protocol/index.ts';
import { encodeConnectError, encodeDisconnect } from '../../dialect/framings/socket-io-encode.ts';
import type { Connection, Frame, Handshake, SendResult } from '../connection.ts';

export interface SocketParts {
  /** Another one than the session's, and than those of the client's other namespaces. */
  readonly id: string;
  readonly namespace: string;
  /** What came with the CONNECT packet. */
  readonly auth: Readonly<Record<string, unknown>> | undefined;
  /** The session of Engine.IO. */
  readonly engine: Connection;
  /** The stay in the namespace is over, by this side. */
  readonly ended: (socket: Socket, code: number) => void;
}

const CONNECT = '40';
const CLOSE_NORMAL = 1000;

/**
 * A client's stay in one namespace of Socket.IO, as a connection: to the layer above nothing else is different
 * from a WebSocket. Until a CONNECT packet is sent through it the client is not let in, and hears nothing.
 */
export class Socket implements Connection {
  readonly id: string;
  readonly namespace: string;
  readonly engine: Connection;
  readonly handshake: Handshake;
  readonly auth: SocketParts['auth'];
  state: unknown = undefined;
  readonly #ended: SocketParts['ended'];
  #phase: 'arriving' | 'connected' | 'ended' = 'arriving';

  constructor({ id, namespace, auth, engine, ended }: SocketParts) {
    this.id = id;
    this.namespace = namespace;
    this.engine = engine;
    this.auth = auth;
    const token = typeof auth?.token === 'string' && auth.token !== '' ? auth.token : undefined;
    const { pid, offset: mark } = auth ?? {};
    this.handshake = {
      ...engine.handshake,
      namespace,
      ...(token === undefined ? {} : { token }),
      ...(typeof pid === 'string' ? { recovery: { pid, mark } } : {}),
    };
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

  /**
   * Whoever shall come back finds the transport closed, after which clients reconnect by themselves; others
   * are refused (`connect_error`) or disconnected from the namespace (`io server disconnect`).
   */
  close(code: number, reason: string): void {
    if (this.#phase === 'ended') return;
    const wasConnected = this.#phase === 'connected';
    const name = nameOf(code);
    if (name === undefined || (closes[name].reconnect && wasConnected)) {
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
    this.engine.send(farewell);
    this.#ended(this, code);
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

/** What came with a CONNECT packet, where it is what clients send. */
export function authOf(data: unknown): Readonly<Record<string, unknown>> | undefined {
  return isPlainObject(data) ? data : undefined;
}
