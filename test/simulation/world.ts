import type { Log } from '../../server/log/log.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startWired, type WiredServer } from '../support/servers.ts';
import { Chronicle } from './chronicle.ts';
import { createFaultyLog, type FaultyLog } from './faulty-log.ts';
import { ModelClient } from './model-client.ts';
import type { Stretch } from './model-room.ts';
import type { Random } from './random.ts';
import type { Outcomes, Surroundings } from './sent.ts';

/** Where logs are kept over restarts. */
export interface Store {
  open(): Promise<Log>;
  /** Releases what `open` returned. */
  close(): Promise<void>;
}

export interface WorldOptions {
  random: Random;
  store: Store;
  env: Record<string, string>;
  rooms: number;
  clients: number;
  /** Turns of the event loop that an append may take on each side. */
  slow: number;
}

const TRACE_LINES = 400;
const HEARTBEAT_MS = 20_000;

/** A server, the log below it, and clients that are connected to it or not. */
export class World implements Surroundings {
  readonly random: Random;
  readonly rooms: readonly string[];
  readonly clients: ModelClient[] = [];
  readonly chronicle = new Chronicle();
  readonly stretches: Stretch[] = [];
  readonly outcomes: Outcomes = new Map();
  readonly lines: string[] = [];
  readonly #options: WorldOptions;
  #server: WiredServer | undefined;
  #log: FaultyLog | undefined;
  #now = 1_800_000_000_000;
  #sinceBeat = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.random = options.random;
    this.rooms = Array.from({ length: options.rooms }, (_, index) => `room-${index + 1}`);
    for (let index = 0; index < options.clients; index++) {
      // Every third client is another tab of the one before.
      const user = index % 3 === 2 ? `u${index}` : `u${index + 1}`;
      this.clients.push(new ModelClient(`c${index + 1}`, user, this.random.chance(0.4), this));
    }
  }

  get server(): WiredServer {
    return this.#server as WiredServer;
  }

  get log(): FaultyLog {
    return this.#log as FaultyLog;
  }

  trace(line: string): void {
    this.lines.push(line);
    if (this.lines.length > TRACE_LINES) this.lines.shift();
  }

  async start(): Promise<void> {
    const { store, random, env, slow } = this.#options;
    this.#log = createFaultyLog(await store.open(), this.chronicle, random, slow);
    this.#server = await startWired(env, { log: this.#log, clock: createManualClock(this.#now) });
    this.trace('--- the server starts');
  }

  /** The server goes down as it should: what it accepted is stored, everybody is sent away. */
  async stop(): Promise<void> {
    this.trace('--- the server goes down');
    this.log.fail(false);
    let isDown = false;
    const down = this.server.server.close().then(() => {
      isDown = true;
    });
    while (!isDown) await this.server.pass(600, 600);
    await down;
    this.#forget();
    for (const client of this.clients) client.receive();
    await this.#options.store.close();
  }

  /** The process dies: nothing that waits is stored. Clients may have read what had been sent. */
  async crash(): Promise<void> {
    this.trace('--- the server dies');
    this.#forget();
    await this.log.crash();
    for (const client of this.clients) client.disconnected(this.random.chance(0.7));
    await this.#options.store.close();
  }

  #forget(): void {
    this.#now = this.server.clock.now();
  }

  /** Lets everything happen that needs no time, and delivers it. */
  async settle(): Promise<void> {
    do await this.server.settle();
    while (this.log.busy);
    this.deliver();
  }

  deliver(): void {
    for (const client of this.clients) client.receive();
  }

  async pass(ms: number): Promise<void> {
    this.trace(`--- ${ms} ms`);
    const stepMs = ms > 1000 ? 1000 : 16;
    for (let left = ms; left > 0; left -= stepMs) {
      this.#sinceBeat += stepMs;
      if (this.#sinceBeat >= HEARTBEAT_MS) this.#beat();
      this.server.clock.advance(Math.min(stepMs, left));
      await this.settle();
    }
  }

  #beat(): void {
    this.#sinceBeat = 0;
    for (const client of this.clients) {
      if (client.isAlive && client.connection !== undefined) client.send({ type: 'heartbeat' });
    }
  }
}
