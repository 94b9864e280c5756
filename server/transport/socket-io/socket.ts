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
  state: unknown = undefined;
  readonly #ended: SocketParts['ended'];
  #phase: 'arriving' | 'connected' | 'ended' = 'arriving';

  constructor({ id, namespace, auth, engine, ended }: SocketParts) {
    this.id = id;
    this.namespace = namespace;
    this.engine = engine;
    const token = typeof auth?.token === 'string' && auth.token !== '' ? auth.token : undefined;
    this.handshake = { ...engine.handshake, namespace, ...(token === undefined ? {} : { token }) };
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
      return;
    }
    this.#phase = 'ended';
    const farewell = wasConnected ? encodeDisconnect(this.namespace) : refusal(this.namespace, name);
    this.engine.send(farewell);
    this.#ended(this, code);
  }

  terminate(): void {
    this.engine.terminate();
  }

  /** The client has left, or its transport is gone. */
  left(): void {
    this.#phase = 'ended';
  }
}

function nameOf(code: number): CloseName | undefined {
  return (Object.keys(closes) as CloseName[]).find((name) => closes[name].code === code);
}

function refusal(namespace: string, code: CloseName): string {
  const data = { code, message: closes[code].text };
  return encodeConnectError(namespace, { message: 'Authentication failed', data });
}

/** What came with a CONNECT packet, where it is what clients send. */
export function authOf(data: unknown): Readonly<Record<string, unknown>> | undefined {
  return isPlainObject(data) ? data : undefined;
}
