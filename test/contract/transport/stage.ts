import { connect as connectTcp, type Socket } from 'node:net';
import type { Test } from 'tap';
import { type ClientOptions, WebSocket } from 'ws';
import type { Connection, Transport, TransportOptions } from '../../../server/transport/connection.ts';
import { EventLog } from './event-log.ts';

export type MakeTransport = (options: TransportOptions) => Transport | Promise<Transport>;

export const MAX_BUFFERED = 64 * 1024;
export const MAX_FRAME = 32 * 1024;

/** What a test may do within the handler's calls. */
export interface Hooks {
  received?: (connection: Connection, text: string) => void;
  dropped?: (connection: Connection) => void;
}

/** A client on the `ws` package, whose frames and end can be awaited. */
export class Client {
  readonly socket: WebSocket;
  readonly frames: string[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  #awaited: { count: number; resolve: () => void } | undefined;

  constructor(url: string, protocols: string[], options: ClientOptions) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => {
      this.frames.push(String(data));
      if (this.#awaited !== undefined && this.frames.length >= this.#awaited.count) this.#awaited.resolve();
    });
    this.closed = new Promise((resolve) =>
      this.socket.on('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
  }

  opened(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve(this));
      this.socket.once('error', reject);
    });
  }

  /** Resolves with all frames once there are so many. */
  async until(count: number): Promise<string[]> {
    if (this.frames.length < count) {
      await new Promise<void>((resolve) => {
        this.#awaited = { count, resolve };
      });
    }
    return this.frames;
  }

  /** Resolves with all frames once `last` has come. */
  async through(last: string): Promise<string[]> {
    while (this.frames.at(-1) !== last) await this.until(this.frames.length + 1);
    return this.frames;
  }

  /** The TCP connection below. */
  get tcp(): Socket {
    return (this.socket as unknown as { _socket: Socket })._socket;
  }
}

/** A transport that listens, with everything that its handler was told. */
export class Stage {
  readonly transport: Transport;
  readonly port: number;
  readonly events: EventLog;
  #clients = 0;

  constructor(transport: Transport, port: number, events: EventLog) {
    this.transport = transport;
    this.port = port;
    this.events = events;
  }

  client(target = '/', protocols: string[] = [], options: ClientOptions = {}): Client {
    return new Client(`ws://127.0.0.1:${this.port}${target}`, protocols, options);
  }

  /** A client together with its connection on the server's side. */
  async join(options: ClientOptions = {}): Promise<{ client: Client; connection: Connection }> {
    this.#clients += 1;
    const query = `client=${this.#clients}`;
    const client = await this.client(`/?${query}`, [], options).opened();
    const { connection } = await this.events.first('opened', (event) => event.handshake.query === query);
    return { client, connection };
  }

  /** A bare TCP connection. */
  async tcp(): Promise<Socket> {
    const socket = connectTcp(this.port, '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  }

  /** Asserts that the server still serves a newcomer. */
  async stillServes(t: Test): Promise<void> {
    const { client, connection } = await this.join();
    connection.send('alive');
    t.same(await client.until(1), ['alive']);
    client.socket.close();
    await this.events.first('closed', (event) => event.connection === connection);
  }
}

export async function stage(
  t: Test,
  make: MakeTransport,
  hooks: Hooks = {},
  options: Partial<TransportOptions> = {},
  port = 0,
): Promise<Stage> {
  const events = new EventLog();
  let ids = 0;
  const transport = await make({
    paths: ['/', '/ws'],
    maxBufferedBytes: MAX_BUFFERED,
    maxFrameBytes: MAX_FRAME,
    newId: () => `connection-${++ids}`,
    http: ({ path }) => ({ status: path === '/health' ? 200 : 404, headers: {}, body: path }),
    handler: {
      selectProtocol: (offered) => (offered.includes('tandem') ? 'tandem' : ''),
      opened: (connection, handshake) => events.add({ type: 'opened', connection, handshake }),
      received(connection, bytes, isBinary) {
        const text = Buffer.from(bytes).toString();
        events.add({ type: 'received', connection, text, isBinary });
        hooks.received?.(connection, text);
      },
      dropped(connection, frame) {
        events.add({ type: 'dropped', connection, text: Buffer.from(frame).toString() });
        hooks.dropped?.(connection);
      },
      drained: (connection) => events.add({ type: 'drained', connection }),
      closed: (connection, code, clean) => events.add({ type: 'closed', connection, code, clean }),
    },
    ...options,
  });
  t.teardown(() => transport.close());
  return new Stage(transport, await transport.listen('127.0.0.1', port), events);
}
