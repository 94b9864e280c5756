import type { Test } from 'tap';
import { type ClientOptions, WebSocket } from 'ws';
import type { Peers } from '../../../server/peers/peers.ts';
import type {
  Connection,
  ConnectionHandler,
  Handshake,
  Transport,
  TransportOptions,
} from '../../../server/transport/connection.ts';
import { createEngineIoTransport } from '../../../server/transport/engine-io/engine-io.ts';
import type { EngineIoMount, EngineIoOptions } from '../../../server/transport/engine-io/options.ts';
import { createUwsTransport } from '../../../server/transport/uws.ts';
import { createWsTransport } from '../../../server/transport/ws.ts';
import { EventLog } from '../../contract/transport/event-log.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';

/** How a poll of a client that takes 16 packets at once is told the end: by more of them. */
export const STRICT_END = ['200 1', ...Array<string>(16).fill('6')].join('\x1e');
export const MAX_BUFFERED = 64 * 1024;
export const MAX_FRAME = 256 * 1024;

const kinds: Record<string, (options: TransportOptions) => Transport> = {
  uws: createUwsTransport,
  ws: (options) => createWsTransport(options),
};

export interface StageOptions {
  readonly options?: Partial<EngineIoOptions>;
  readonly mounts?: readonly EngineIoMount[];
  readonly received?: (session: Connection, text: string, isBinary: boolean) => void;
  readonly opened?: (session: Connection) => void;
  readonly drained?: (session: Connection) => void;
  readonly dropped?: (session: Connection) => void;
  /** The other nodes. Default: none. */
  readonly peers?: Peers;
}

/** A server with Engine.IO at `/socket.io/`, and everything that its handlers were told. */
export class EngineStage {
  readonly transport: Transport;
  readonly port: number;
  readonly clock: ManualClock;
  /** Of the mount. */
  readonly events: EventLog;
  /** Of connections that are not of Engine.IO, which are served at `/`. */
  readonly native: EventLog;

  constructor(transport: Transport, port: number, clock: ManualClock, logs: [EventLog, EventLog]) {
    this.transport = transport;
    this.port = port;
    this.clock = clock;
    [this.events, this.native] = logs;
  }

  url(query: string, path = '/socket.io/'): string {
    return `http://127.0.0.1:${this.port}${path}?${query}`;
  }

  /** Opens a session over long-polling. */
  async polling(path?: string, query = 'EIO=4&transport=polling'): Promise<Poller> {
    const response = await fetch(this.url(query, path));
    const body = await response.text();
    if (response.status !== 200) throw new Error(body);
    const { sid } = JSON.parse(body.slice(1)) as { sid: string };
    return new Poller(this.url(`${query}&sid=${sid}`, path), sid);
  }

  /** The same for a client that takes 16 packets at once. */
  strict(): Promise<Poller> {
    return this.polling(undefined, 'transport=polling&EIO=4');
  }

  /** Opens a session over a WebSocket. */
  async websocket(options?: ClientOptions, path?: string): Promise<{ client: Frames; session: Connection }> {
    const client = await this.frames('EIO=4&transport=websocket', options, path).opened();
    const [open = ''] = await client.until(1);
    const { sid } = JSON.parse(open.slice(1)) as { sid: string };
    return { client, session: await this.session(sid) };
  }

  frames(query: string, options?: ClientOptions, path?: string): Frames {
    return new Frames(this.url(query, path).replace('http', 'ws'), options);
  }

  async session(sid: string): Promise<Connection> {
    return (await this.#opened(sid)).connection;
  }

  async handshake(sid: string): Promise<Handshake> {
    return (await this.#opened(sid)).handshake;
  }

  #opened(sid: string) {
    return this.events.first('opened', ({ connection }) => connection.id === sid);
  }
}

/** A client over long-polling, request by request. */
export class Poller {
  readonly url: string;
  readonly sid: string;

  constructor(url: string, sid: string) {
    this.url = url;
    this.sid = sid;
  }

  async poll(init?: RequestInit): Promise<string> {
    const response = await fetch(this.url, init ?? {});
    return `${response.status} ${await response.text()}`;
  }

  async post(body: string | Uint8Array): Promise<string> {
    const response = await fetch(this.url, { method: 'POST', body });
    return `${response.status} ${await response.text()}`;
  }
}

/** A client over a WebSocket, frame by frame. Binary frames are shown as `<hex>`. */
export class Frames {
  readonly socket: WebSocket;
  readonly all: string[] = [];
  readonly closed: Promise<number>;
  #wake = () => {};

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options);
    this.socket.on('error', () => {});
    this.socket.on('message', (data: Buffer, isBinary) => {
      this.all.push(isBinary ? `<${data.toString('hex')}>` : data.toString());
      this.#wake();
    });
    this.closed = new Promise((resolve) => this.socket.on('close', (code) => resolve(code)));
  }

  opened(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => resolve(this));
      this.socket.once('error', reject);
    });
  }

  /** The answer to a handshake that is refused. */
  refused(): Promise<{ status: number; body: string }> {
    return new Promise((resolve, reject) => {
      this.socket.once('open', () => reject(new Error('it was opened')));
      this.socket.once('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
    });
  }

  /** Resolves with all frames once there are so many. */
  async until(count: number): Promise<string[]> {
    while (this.all.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.all;
  }

  /** Resolves with all frames once this one has come. */
  async through(last: string): Promise<string[]> {
    while (!this.all.includes(last)) await this.until(this.all.length + 1);
    return this.all;
  }
}

/** Runs the test on both transports. */
export function onEach(t: Test, title: string, run: (t: Test, at: Start) => Promise<void>): void {
  for (const [kind, make] of Object.entries(kinds)) {
    t.test(`${kind}: ${title}`, (t) => run(t, (given) => start(t, make, given)));
  }
}

export type Start = (given?: StageOptions) => Promise<EngineStage>;

async function start(
  t: Test,
  make: (options: TransportOptions) => Transport,
  given: StageOptions = {},
): Promise<EngineStage> {
  const clock = createManualClock();
  const [events, native] = [new EventLog(), new EventLog()];
  let ids = 0;
  const transport = await createEngineIoTransport(
    {
      clock,
      peers: given.peers,
      mounts: [
        { path: '/socket.io', handler: recording(events, given), options: given.options ?? {} },
        ...(given.mounts ?? []),
      ],
    },
    {
      paths: ['/'],
      maxBufferedBytes: MAX_BUFFERED,
      maxFrameBytes: MAX_FRAME,
      newId: () => `id-${++ids}`,
      http: ({ path }) => ({ status: path === '/health' ? 200 : 404, headers: {}, body: path }),
      handler: recording(native, {}),
    },
    make,
  );
  t.teardown(() => transport.close());
  return new EngineStage(transport, await transport.listen('127.0.0.1', 0), clock, [events, native]);
}

export function recording(events: EventLog, hooks: StageOptions): ConnectionHandler {
  return {
    selectProtocol: () => '',
    opened(connection, handshake) {
      events.add({ type: 'opened', connection, handshake });
      hooks.opened?.(connection);
    },
    received(connection, bytes, isBinary) {
      const text = isBinary ? Buffer.from(bytes).toString('hex') : Buffer.from(bytes).toString();
      events.add({ type: 'received', connection, text, isBinary });
      hooks.received?.(connection, text, isBinary);
    },
    dropped(connection, frame) {
      events.add({ type: 'dropped', connection, text: Buffer.from(frame).toString() });
      hooks.dropped?.(connection);
    },
    drained(connection) {
      events.add({ type: 'drained', connection });
      hooks.drained?.(connection);
    },
    closed: (connection, code, clean) => events.add({ type: 'closed', connection, code, clean }),
  };
}

/** Resolves once the server has done what it had to do for what has arrived by now. */
export async function settled(at: EngineStage): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) await (await fetch(at.url('', '/health'))).text();
}
