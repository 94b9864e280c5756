import type {
  Connection,
  ConnectionHandler,
  Frame,
  Handshake,
  SendResult,
  Transport,
  TransportOptions,
} from '../../server/transport/connection.ts';
import { payloadOf } from '../../server/transport/frame.ts';

/** A transport without sockets: what the server sends stands in memory, what clients send is handed over. */
export interface Wire {
  readonly transport: Transport;
  /** Opens a connection, as a client would. */
  connect(options?: Partial<Handshake>): WireClient;
}

export interface WireClient {
  readonly id: string;
  /** Sends a message, cloned on the way as JSON. */
  send(message: unknown): void;
  sendRaw(bytes: Uint8Array | string, isBinary?: boolean): void;
  /** The messages that arrived since the last call; those of batch frames one by one. */
  take(): Message[];
  /** The same as frames. */
  takeFrames(): string[];
  /** Stops reading: what is sent fills the outbound buffer. */
  stall(): void;
  /** Reads again, all that is buffered. */
  read(): void;
  /** Says goodbye (clean) or breaks off. */
  close(clean?: boolean): void;
  readonly closedWith: { code: number; reason: string } | undefined;
  /** Times that it was reported that something published did not fit. */
  readonly losses: number;
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every shape
export type Message = Record<string, any>;

export function createWire(options: TransportOptions): Wire {
  const { handler } = options;
  const topics = new Map<string, Set<WireConnection>>();

  const transport: Transport = {
    publish(topic, frame, except) {
      for (const one of topics.get(topic) ?? []) {
        if (one !== except) one.publish(frame);
      }
    },
    listen: async () => 0,
    stopListening() {},
    async close() {},
  };

  return {
    transport,
    connect(given = {}) {
      const handshake: Handshake = {
        path: '/ws',
        query: '',
        authorization: undefined,
        cookie: undefined,
        origin: undefined,
        host: 'localhost',
        address: '127.0.0.1',
        protocol: '',
        ...given,
      };
      const connection = new WireConnection(options.newId(), handler, topics, options.maxBufferedBytes);
      handler.opened(connection, handshake);
      return connection.client;
    },
  };
}

class WireConnection implements Connection {
  readonly id: string;
  state: unknown;
  readonly #handler: ConnectionHandler;
  readonly #topics: Map<string, Set<WireConnection>>;
  readonly #maxBuffered: number;
  #arrived: string[] = [];
  #buffered: string[] = [];
  #published: Frame[] = [];
  #stalled = false;
  #dropped: Uint8Array | undefined;
  #losses = 0;
  #closedWith: { code: number; reason: string } | undefined;

  constructor(
    id: string,
    handler: ConnectionHandler,
    topics: Map<string, Set<WireConnection>>,
    maxBuffered: number,
  ) {
    this.id = id;
    this.#handler = handler;
    this.#topics = topics;
    this.#maxBuffered = maxBuffered;
  }

  send(frame: Frame): SendResult {
    this.#sendPublished();
    if (this.#dropped !== undefined || this.#isOver() || this.#closedWith !== undefined) return 'dropped';
    return this.#put(frame);
  }

  /** As µWS does: what is published waits for the end of the turn, or for what is sent behind it. */
  publish(frame: Frame): void {
    if (this.#closedWith !== undefined) return;
    if (this.#published.push(frame) === 1) setImmediate(() => this.#sendPublished());
  }

  #sendPublished(): void {
    for (const frame of this.#published.splice(0)) {
      if (this.#isOver()) this.#reportDrop(frame);
      else this.#put(frame);
    }
  }

  #put(frame: Frame): SendResult {
    const text = Buffer.from(payloadOf(frame)).toString();
    (this.#stalled ? this.#buffered : this.#arrived).push(text);
    return this.#stalled ? 'buffered' : 'sent';
  }

  #isOver(): boolean {
    return this.bufferedBytes() > this.#maxBuffered;
  }

  /** Like the real ones: told after the publish, once, and before any `drained`. */
  #reportDrop(frame: Frame): void {
    if (this.#dropped !== undefined || this.#closedWith !== undefined) return;
    this.#dropped = Buffer.from(payloadOf(frame));
    setImmediate(() => this.#reportNow());
  }

  #reportNow(): void {
    const frame = this.#dropped;
    this.#dropped = undefined;
    if (frame === undefined || this.#closedWith !== undefined) return;
    this.#losses += 1;
    this.#handler.dropped(this, frame);
  }

  cork(action: () => void): void {
    action();
  }

  subscribe(topic: string): void {
    const subscribers = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, subscribers.add(this));
  }

  unsubscribe(topic: string): void {
    this.#topics.get(topic)?.delete(this);
  }

  bufferedBytes(): number {
    return this.#buffered.reduce((sum, one) => sum + one.length, 0);
  }

  close(code: number, reason: string): void {
    this.#end(code, reason, false);
  }

  terminate(): void {
    this.#end(1006, '', false);
  }

  #end(code: number, reason: string, clean: boolean): void {
    if (this.#closedWith !== undefined) return;
    this.#sendPublished();
    this.#closedWith = { code, reason };
    for (const subscribers of this.#topics.values()) subscribers.delete(this);
    this.#handler.closed(this, code, clean);
  }

  readonly client: WireClient = (() => {
    const self = this;
    return {
      get id() {
        return self.id;
      },
      send: (message) => this.client.sendRaw(JSON.stringify(message)),
      sendRaw: (bytes, isBinary = false) => {
        if (self.#closedWith !== undefined) return;
        self.#handler.received(self, typeof bytes === 'string' ? Buffer.from(bytes) : bytes, isBinary);
      },
      take: () =>
        self.client.takeFrames().flatMap((frame) => {
          const parsed = JSON.parse(frame) as Message | Message[];
          return Array.isArray(parsed) ? parsed : [parsed];
        }),
      takeFrames: () => self.#arrived.splice(0),
      stall: () => {
        self.#sendPublished();
        self.#stalled = true;
      },
      read: () => {
        self.#sendPublished();
        self.#stalled = false;
        self.#reportNow();
        self.#arrived.push(...self.#buffered.splice(0));
        if (self.#closedWith === undefined) self.#handler.drained(self);
      },
      close: (clean = true) => self.#end(clean ? 1000 : 1006, '', clean),
      get closedWith() {
        return self.#closedWith;
      },
      get losses() {
        return self.#losses;
      },
    } satisfies WireClient;
  })();
}
