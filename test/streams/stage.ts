import { createRequire } from 'node:module';
import type { Test } from 'tap';
import type { Server, ServerOptions } from '../../server/assembly/server-options.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { startServer } from '../support/servers.ts';

// biome-ignore lint/suspicious/noExplicitAny: what comes from a server
type Any = any;

/** One event of a stream. */
export interface Arrived {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Any;
}

const WITHIN_MS = 100_000;

/** Reads an event stream and remembers what came; also what EventSource does not show. */
export class Reader {
  readonly response: Response;
  /** Everything that arrived, oldest first. */
  readonly events: Arrived[] = [];
  /** The bytes as text. */
  text = '';
  /** The last time that `retry:` named. */
  retryMs: number | undefined;
  /** Of the latest event that had one. */
  lastId: string | undefined;
  isEnded = false;
  readonly #abort: AbortController;
  readonly #watchers = new Set<() => void>();
  #taken = 0;

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    if (response.body !== null) void this.#read(response.body);
  }

  /** The next event of this name; those before it are passed over. */
  async next(event: string, fits: (data: Any) => boolean = () => true): Promise<Arrived> {
    const at = await this.#until(() => {
      const found = this.events.findIndex(
        (one, index) => index >= this.#taken && one.event === event && fits(one.data),
      );
      return found < 0 ? undefined : found;
    }, event);
    this.#taken = at + 1;
    return this.events[at] as Arrived;
  }

  /** Resolves when the server has ended the stream. */
  async ended(): Promise<void> {
    await this.#until(() => this.isEnded || undefined, 'the end');
  }

  named(event: string): Arrived[] {
    return this.events.filter((one) => one.event === event);
  }

  /** Breaks off, as a closed page does. */
  close(): void {
    this.#abort.abort();
  }

  #until<T>(found: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`never came: ${what}; heard ${JSON.stringify(this.events)}`));
      }, WITHIN_MS);
      const look = () => {
        const result = found();
        if (result === undefined) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(result);
      };
      this.#watchers.add(look);
      look();
    });
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const utf8 = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        const text = utf8.decode(chunk, { stream: true });
        this.text += text;
        const blocks = (rest + text).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.#take(block);
        this.#wake();
      }
    } catch {
      // Broken off.
    }
    this.isEnded = true;
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#watchers]) look();
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line): [string, string] => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2)];
      }),
    );
    const retry = fields.get('retry');
    if (retry !== undefined) this.retryMs = Number(retry);
    this.lastId = fields.get('id') ?? this.lastId;
    const event = fields.get('event');
    if (event === undefined) return;
    this.events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') });
  }
}

export interface Ask {
  as?: string;
  token?: string;
  headers?: Record<string, string>;
  method?: string;
}

export interface Posted {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Any;
}

export interface StreamStage {
  readonly server: Server;
  readonly clock: ManualClock;
  url(path: string): string;
  /** Opens a stream; one that is refused has a response with another status. */
  open(path: string, ask?: Ask): Promise<Reader>;
  post(path: string, body: unknown, ask?: Ask): Promise<Posted>;
  /** Ends the server and starts another one with the same settings, and the same store where it has one. */
  restart(): Promise<void>;
  /** Lets time pass, a tick at a time. */
  pass(ms: number, stepMs?: number): Promise<void>;
}

export const SCENE = '/projects/p/scenes/s';

/** Breaks a stream off, as a closed page does, and waits until the server knows. */
export async function breakOff(at: StreamStage, stream: Reader | undefined): Promise<void> {
  const open = async () => {
    const metrics = await (await fetch(at.url('/metrics'))).text();
    const counts = metrics.matchAll(/^tandem_connections\{.*transport="event-stream".*\} (\d+)/gm);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const before = await open();
  stream?.close();
  while ((await open()) === before) await at.pass(2);
}

/** Runs a test on both transports of the server, whose clock stands until time is let pass. */
export function onBoth(
  t: Test,
  title: string,
  test: (
    t: Test,
    start: (env?: Record<string, string>, parts?: Partial<ServerOptions>) => Promise<StreamStage>,
  ) => Promise<void>,
): void {
  for (const transport of ['uws', 'ws']) {
    t.test(`${title} (${transport})`, (t) =>
      test(t, (env = {}, parts = {}) => startStage(t, { TRANSPORT: transport, ...env }, parts)),
    );
  }
}

async function startStage(
  t: Test,
  env: Record<string, string>,
  parts: Partial<ServerOptions>,
): Promise<StreamStage> {
  const clock = createManualClock();
  // Flushes and retries of the log run by the clock, which nobody advances in most tests.
  let isOver = false;
  const tick = () => {
    if (isOver) return;
    clock.advance(1);
    setTimeout(tick, 1);
  };
  tick();
  const options = { clock, random: () => 0, ...parts };
  let server = await startServer(env, options).catch((error) => {
    isOver = true;
    throw error;
  });
  const readers: Reader[] = [];
  t.teardown(async () => {
    for (const one of readers) one.close();
    await server.close();
    isOver = true;
  });
  const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const headersOf = async ({ as, token, headers = {} }: Ask): Promise<Record<string, string>> => {
    const proof = token ?? (as === undefined ? undefined : await tokenOf(as));
    return { ...headers, ...(proof === undefined ? {} : { authorization: `Bearer ${proof}` }) };
  };
  return {
    get server() {
      return server;
    },
    clock,
    url,
    async open(path, ask = {}) {
      const abort = new AbortController();
      const { method = 'GET' } = ask;
      const init = { method, headers: await headersOf(ask), signal: abort.signal };
      const reader = new Reader(await fetch(url(path), init), abort);
      readers.push(reader);
      return reader;
    },
    async post(path, body, ask = {}) {
      const headers = { 'content-type': 'application/json', ...(await headersOf(ask)) };
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(url(path), { method: 'POST', headers, body: text });
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    async restart() {
      await server.close();
      server = await startServer(env, options);
    },
    async pass(ms, stepMs = 16) {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(stepMs, left));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

export function add(id: string, data: object = { a: 1 }): object {
  return { type: 'add', target: 'item', id, data };
}

export function update(id: string, data: object): object {
  return { type: 'update', target: 'item', id, data };
}

/** The package `eventsource`: as the browser's, with headers. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(event: string, listener: (event: { data: string; lastEventId: string }) => void): void;
  close(): void;
}

export const EventSource = createRequire(import.meta.url)('eventsource') as new (
  url: string,
  init?: { headers: Record<string, string> },
) => EventSourceLike;
