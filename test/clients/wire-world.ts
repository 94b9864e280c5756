import { type Client, type ConnectOptions, connect } from '../../clients/client/index.ts';
import { text } from '../../clients/client/text/index.ts';
import type { Log } from '../../server/log/log.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startWired, type WiredServer } from '../support/servers.ts';
import { type WireEnd, WireSocket, type Wires, wireFetch } from './wire-ends.ts';

/** A real server without sockets, clients of it, and one clock for all, advanced by hand. */
export class WireWorld implements Wires {
  readonly clock = createManualClock();
  readonly ends = new Set<WireEnd>();
  readonly clients: Client[] = [];
  isBlocked = false;
  server: WiredServer | undefined;
  readonly #log: () => Log;
  readonly #env: Record<string, string>;
  readonly #fetch = wireFetch(this);

  constructor(log: () => Log, env: Record<string, string> = {}) {
    this.#log = log;
    this.#env = env;
  }

  async start(): Promise<void> {
    this.server = await startWired(this.#env, { clock: this.clock, log: this.#log() });
  }

  /** As by `kill -9`: nobody is told by the server. */
  async crash(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    for (const one of [...this.ends]) one.cut();
    await server?.server.close();
  }

  /** Everybody is told, and comes back later. */
  async shutDown(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    const closing = server?.server.close();
    for (let turn = 0; turn < 40; turn++) {
      for (const one of [...this.ends]) one.carry(() => 1);
      this.clock.advance(16);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closing;
  }

  connect(stream: 'native' | undefined, token: string | undefined) {
    const how = stream === undefined ? { protocol: 'tandem.v1' } : { stream };
    return this.server?.connect({ ...how, ...(token === undefined ? {} : { token }) });
  }

  client(options: ConnectOptions): Client {
    const world = this;
    const WebSocket = class extends WireSocket {
      constructor() {
        super(world);
      }
    };
    const parts = { WebSocket, fetch: this.#fetch, text, clock: this.clock };
    const one = connect('ws://wire/ws', { ...parts, ...options });
    this.clients.push(one);
    return one;
  }

  /** Lets time pass, and everything happen meanwhile. */
  async pass(ms: number, share: () => number = () => 1, stepMs = 16): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      for (let turn = 0; turn < 2; turn++) {
        for (const one of [...this.ends]) one.carry(share);
        for (let at = 0; at < 6; at++) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async end(): Promise<void> {
    for (const one of this.clients) one.close();
    await this.server?.server.close();
  }
}
