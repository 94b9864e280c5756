import { type Client, type ConnectOptions, connect, type WebSocketLike } from '../../clients/client/index.ts';
import { text } from '../../clients/client/text/index.ts';
import type { Log } from '../../server/log/log.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startWired, type WiredServer } from '../support/servers.ts';
import type { WireClient } from '../support/wire.ts';

type Listener = (event: object) => void;

/** A lossy wire below a client: what is on its way may be late, and is lost when the wire is cut. */
class WireSocket implements WebSocketLike {
  readonly #listeners = new Map<string, Listener>();
  readonly #world: WireWorld;
  #wire: WireClient | undefined;
  #up: string[] = [];
  #down: string[] = [];
  #isOver = false;

  constructor(world: WireWorld) {
    this.#world = world;
    world.sockets.add(this);
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  send(frame: string): void {
    if (!this.#isOver) this.#up.push(frame);
  }

  close(): void {
    this.#over();
    this.#wire?.close(true);
  }

  /** Both sides lose what is on its way; the client is told, the server perhaps later. */
  cut(): void {
    const wire = this.#wire;
    this.#over();
    this.#listeners.get('close')?.({ code: 1006, reason: '' });
    wire?.close(false);
  }

  /** Carries some of what is on its way, in its order. */
  carry(share: () => number): void {
    if (this.#isOver) return;
    const server = this.#world.server;
    if (this.#wire === undefined) {
      if (server === undefined) return this.cut();
      this.#wire = server.connect({ protocol: 'tandem.v1' });
      this.#listeners.get('open')?.({});
    }
    const wire = this.#wire;
    for (const frame of this.#up.splice(0, Math.ceil(this.#up.length * share()))) wire.sendRaw(frame);
    this.#down.push(...wire.takeFrames());
    for (const data of this.#down.splice(0, Math.ceil(this.#down.length * share()))) {
      this.#listeners.get('message')?.({ data });
    }
    const { closedWith } = wire;
    if (closedWith === undefined || this.#down.length > 0 || this.#isOver) return;
    this.#over();
    this.#listeners.get('close')?.(closedWith);
  }

  #over(): void {
    this.#isOver = true;
    this.#world.sockets.delete(this);
  }
}

/** A real server without sockets, clients of it, and one clock for all, advanced by hand. */
export class WireWorld {
  readonly clock = createManualClock();
  readonly sockets = new Set<WireSocket>();
  readonly clients: Client[] = [];
  server: WiredServer | undefined;
  readonly #log: () => Log;
  readonly #env: Record<string, string>;

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
    for (const one of [...this.sockets]) one.cut();
    await server?.server.close();
  }

  client(options: ConnectOptions): Client {
    const world = this;
    const WebSocket = class extends WireSocket {
      constructor() {
        super(world);
      }
    };
    const one = connect('ws://wire/ws', { WebSocket, text, clock: this.clock, ...options });
    this.clients.push(one);
    return one;
  }

  /** Lets time pass, and everything happen meanwhile. */
  async pass(ms: number, share: () => number = () => 1): Promise<void> {
    for (let left = ms; left > 0; left -= 16) {
      this.clock.advance(Math.min(16, left));
      for (let turn = 0; turn < 2; turn++) {
        for (const one of [...this.sockets]) one.carry(share);
        for (let at = 0; at < 6; at++) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async end(): Promise<void> {
    for (const one of this.clients) one.close();
    await this.server?.server.close();
  }
}
