import type { ClientAddress } from './client-address.ts';

/**
 * The port of the transport: message-oriented connections, and topics through which one frame reaches many
 * of them without a loop in JavaScript.
 *
 * Guarantees that every implementation gives (test/contract/transport.ts runs them on each):
 * 1. A connection gets its frames in the order of the calls, direct ones and published ones alike. Where a
 *    published one is lost, nothing that is sent behind it is accepted until that has been reported.
 * 2. A frame goes out whole or not at all. One that does not fit is reported: a direct one by `dropped`, a
 *    published one by {@link ConnectionHandler.dropped}. Nothing is lost silently.
 * 3. A connection's outbound buffer never exceeds the bound by more than one direct and one published frame.
 * 4. `closed` is called exactly once, and nothing after it.
 */
export interface Connection {
  /** Unique among all nodes and never used again: it is the connection's generation, too. */
  readonly id: string;
  /** What the layer above keeps with the connection. */
  state: unknown;
  send(frame: Frame): SendResult;
  /** Runs `action`, in which several sends leave in one write. */
  cork(action: () => void): void;
  subscribe(topic: string): void;
  /** Takes effect for what is published from now on: what was published before still arrives. */
  unsubscribe(topic: string): void;
  /** Bytes accepted and not yet handed to the operating system. */
  bufferedBytes(): number;
  /** Whether it is carried by long-polling at the moment. Default: it is not. */
  readonly isPolling?: boolean;
  /**
   * Sends a close frame, where the bound leaves room for one, and ends. `closed` is called before or soon
   * after this returns. Idempotent.
   */
  close(code: number, reason: string): void;
  /** Ends without a close frame: for peers that do not read. Idempotent. */
  terminate(): void;
}

/** Bytes are not changed after they were handed over. */
export type Frame = TextFrame | BinaryFrame;

/** A string, or the UTF-8 bytes of one where it was encoded ahead for many receivers. */
export type TextFrame = string | Uint8Array;

export interface BinaryFrame {
  readonly binary: Uint8Array;
}

/** `sent`; `buffered`: accepted, but the peer is behind; `dropped`: not accepted, over the bound or closed. */
export type SendResult = 'sent' | 'buffered' | 'dropped';

/** What is known of a connection from its opening request. Header names are in lower case. */
export interface Handshake {
  readonly path: string;
  /** The raw query string, without `?`. Never logged: it may hold a token. */
  readonly query: string;
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  readonly origin: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
  /** The client's address as text: the peer's, or what a trusted proxy says. */
  readonly address: string;
  /** The negotiated subprotocol, or ''. */
  readonly protocol: string;
  /** All of them, at paths of Engine.IO; an object that inherits nothing. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of Socket.IO; undefined elsewhere. */
  readonly namespace?: string | undefined;
  /** Of Socket.IO: what came with the CONNECT packet. */
  readonly auth?: Readonly<Record<string, unknown>> | undefined;
  /** Of Socket.IO: the session that the client wants back, and the last mark that it has got. */
  readonly recovery?: { readonly pid: string; readonly mark: unknown } | undefined;
  /** A token that was handed in with the request to be let in. Never logged. */
  readonly token?: string | undefined;
  /**
   * Of clients of HTTP: what an event stream carries beside the scene; `none`: there is no stream, only posts;
   * `native`: what a WebSocket would carry.
   */
  readonly stream?: readonly string[] | 'none' | 'native';
}

export interface ConnectionHandler {
  /** The subprotocol to answer with at this path, out of those that the client offers; '' for none. */
  selectProtocol(offered: readonly string[], path: string): string;
  /** `handshake`: not kept by the transport, as it may hold a token. */
  opened(connection: Connection, handshake: Handshake): void;
  /** `bytes` may be reused after this returns: decode before that. */
  received(connection: Connection, bytes: Uint8Array, isBinary: boolean): void;
  /**
   * A published frame did not fit. Called soon after the publish, once it is safe to do anything, and before
   * `drained`. What is published to the connection between the loss and this call is dropped without a call; where
   * that cannot be done, the connection ends.
   */
  dropped(connection: Connection, frame: Uint8Array): void;
  /** The outbound buffer has become smaller; see `bufferedBytes`. */
  drained(connection: Connection): void;
  /** `clean`: the peer said goodbye with a close frame of its own (1000, 1001 or 1005), so it is not coming back. */
  closed(connection: Connection, code: number, clean: boolean): void;
}

export interface Transport {
  /** Sends a frame to every subscriber of the topic, except one. */
  publish(topic: string, frame: Frame, except?: Connection): void;
  /** Resolves with the port. Rejects with an error that has the `code` of the system, such as EADDRINUSE. */
  listen(host: string, port: number): Promise<number>;
  /** Accepts no new connections; those that exist live on. */
  stopListening(): void;
  /** Ends everything. */
  close(): Promise<void>;
}

/** What every transport is made from. */
export interface TransportOptions {
  /** Paths at which WebSockets are accepted. */
  readonly paths: readonly string[];
  /** Whether a WebSocket is accepted elsewhere; if not, `http` answers the request. Default: it is not. */
  readonly accepts?: (path: string, query: string) => boolean;
  /** Outbound bytes a connection may have buffered; above it frames are dropped and reported. */
  readonly maxBufferedBytes: number;
  /** Inbound frames above it close the connection with 1009; above twice of it they may break it off (1006). */
  readonly maxFrameBytes: number;
  readonly handler: ConnectionHandler;
  readonly http: HttpHandler;
  /** Whether several processes may listen at one port. Default: one has it to itself. */
  readonly sharesPort?: boolean;
  /** Whether clients shall find another server: then an HTTP response ends its connection. Default: never. */
  readonly isLeaving?: () => boolean;
  /** Default: the peer's, whatever a header says. */
  readonly clientAddress?: ClientAddress;
  /** Makes connection ids. */
  readonly newId: () => string;
}

/** A plain HTTP request, its body not read. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** The raw query string, without `?`. Never logged: it may hold a token. */
  readonly query: string;
  /** By name in lower case, without a prototype. Those that came several times are joined. */
  readonly headers: Readonly<Record<string, string>>;
  /** The client's address as text: the peer's, or what a trusted proxy says. */
  readonly address: string;
  /** Aborts when the client has gone before the answer was written. */
  readonly aborted: AbortSignal;
  /**
   * Reads the body. To be called once, and before the handler awaits or returns: a body that nobody has asked
   * for by then is discarded. What the handler does not catch becomes the answer.
   *
   * @throws BodyTooLarge (413) as soon as it is known to have more bytes; RequestAborted; both by rejection
   */
  body(maxBytes: number): Promise<Uint8Array>;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or its UTF-8 bytes, which are not changed and may be those of other responses, too. */
  readonly body: string | Uint8Array;
  /** In place of the body: what is written as long as the response is held open. */
  readonly stream?: HttpStream;
}

/** What an implementation tells of a response that is written bit by bit. */
export interface HttpStream {
  /** The head leaves with what is written first. Called once at most; not where the client has gone before. */
  opened(output: HttpOutput): void;
  /** The peer has read on, after `write` returned false. */
  drained(): void;
  /** It is over, whoever ended it. Called exactly once, and nothing after it; perhaps without `opened`. */
  closed(): void;
}

/** The body of a response that is written bit by bit. */
export interface HttpOutput {
  /**
   * Accepts the chunk whatever is buffered, in the order of the calls. False: the peer is behind, and `drained`
   * will be called. A chunk of bytes is not changed after it was handed over.
   */
  write(chunk: string | Uint8Array): boolean;
  /** Bytes accepted and not yet handed to the operating system; to within 64 KiB. */
  bufferedBytes(): number;
  /**
   * Ends the response after what was written, and its connection: a client that comes back shall not come back
   * to a server that goes down. Idempotent.
   */
  end(): void;
  /** Breaks off. Idempotent. */
  destroy(): void;
}

/**
 * Answers every request that is not an upgrade. The promise may take as long as it likes: the response is held
 * open. Rejections become a 500.
 */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;
