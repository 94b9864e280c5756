import { once } from 'node:events';
import type { Test } from 'tap';
import { WebSocket } from 'ws';
import type { Server } from '../../server/assembly/server-options.ts';
import type { Clock } from '../../server/clock.ts';
import { systemClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { createServer } from '../../server/server.ts';
import { silent, TEST_SECRET } from '../support/servers.ts';

// biome-ignore lint/suspicious/noExplicitAny: the client knows only what the contract says
type Json = Record<string, any>;

/** All that the contract has the server send. */
const known = new Set([
  'presence',
  'selection_state',
  'viewer_cameras',
  'camera',
  'conflict',
  'ack',
  'error',
]);

/**
 * A client of the contract of plain WebSocket clients, on the `ws` package: it sends what is listed there and
 * nothing else, and ignores what it does not know.
 */
export class PlainClient {
  readonly socket: WebSocket;
  readonly userId: string;
  readonly messages: Json[] = [];
  readonly closed: Promise<number>;
  readonly #waiting = new Set<() => void>();
  #read = 0;
  #beats = 0;

  private constructor(socket: WebSocket, userId: string) {
    this.socket = socket;
    this.userId = userId;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (!known.has(message.type)) return;
      this.messages.push(message);
      for (const wake of [...this.#waiting]) wake();
    });
    this.closed = once(socket, 'close').then(([code]) => code);
  }

  static async connect(
    port: number,
    userId: string,
    how: { query?: string; headers?: Record<string, string>; path?: string } = {},
  ): Promise<PlainClient> {
    const url = `ws://127.0.0.1:${port}${how.path ?? '/'}${how.query ?? ''}`;
    const socket = new WebSocket(url, { headers: how.headers ?? {} });
    const client = new PlainClient(socket, userId);
    await once(socket, 'open');
    return client;
  }

  send(message: Json): void {
    this.socket.send(JSON.stringify(message));
  }

  join(roomId: string, details: Json = {}): void {
    this.send({ type: 'join', roomId, user: { userId: this.userId, ...details } });
  }

  on(type: 'select' | 'unselect' | 'join_viewer' | 'leave_viewer', planetId: string): void {
    this.send({ type, planetId, userId: this.userId });
  }

  camera(planetId: string, camera: Json): void {
    this.send({ type: 'camera', planetId, camera, userId: this.userId });
  }

  leave(): void {
    this.send({ type: 'leave', userId: this.userId });
  }

  /** The next message that fits, of those that have not been looked at by this. */
  next(fits: (message: Json) => boolean): Promise<Json> {
    return new Promise((resolve) => {
      const look = () => {
        while (this.#read < this.messages.length) {
          const message = this.messages[this.#read] as Json;
          this.#read += 1;
          if (!fits(message)) continue;
          this.#waiting.delete(look);
          resolve(message);
          return;
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  of(type: string): Promise<Json> {
    return this.next((message) => message.type === type);
  }

  /** Sends a heartbeat and waits for its ack: what was sent to this client before has arrived then. */
  async heartbeat(): Promise<Json> {
    this.#beats += 1;
    const ts = Date.now() * 1000 + this.#beats;
    const from = this.messages.length;
    this.send({ type: 'heartbeat', userId: this.userId, ts });
    const find = () => this.messages.slice(from).find((one) => one.op === 'heartbeat' && one.ts === ts);
    return new Promise((resolve) => {
      const look = () => {
        const ack = find();
        if (ack === undefined) return;
        this.#waiting.delete(look);
        resolve(ack);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** What arrived after everything that the others have sent by now was treated. */
  async since(from: number): Promise<Json[]> {
    await this.heartbeat();
    return this.messages.slice(from).filter((one) => one.op !== 'heartbeat');
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** The process's clock, which can be put forward. */
export interface ForwardClock extends Clock {
  forward(ms: number): void;
}

function createForwardClock(): ForwardClock {
  let ahead = 0;
  const repeated = new Set<() => void>();
  return {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic() + ahead,
    after: systemClock.after,
    every(intervalMs, action) {
      repeated.add(action);
      const stop = systemClock.every(intervalMs, action);
      return () => {
        repeated.delete(action);
        stop();
      };
    },
    forward(ms) {
      ahead += ms;
      for (const action of [...repeated]) action();
    },
  };
}

export interface Venue {
  readonly server: Server;
  readonly clock: ForwardClock;
  /** Connects somebody who is closed with the test. */
  client(userId: string, how?: Parameters<typeof PlainClient.connect>[2]): Promise<PlainClient>;
  /** Connects somebody and joins; resolves when the selection state has come. */
  member(
    userId: string,
    roomId?: string,
    how?: Parameters<typeof PlainClient.connect>[2],
  ): Promise<PlainClient>;
}

export async function venue(t: Test, env: Record<string, string>): Promise<Venue> {
  const clock = createForwardClock();
  const settings = { STORE: 'memory', WS_PORT: '0', HOST: '127.0.0.1', JWT_SECRET: TEST_SECRET };
  const server = await createServer({ config: readConfig({ ...settings, ...env }), logger: silent, clock });
  t.teardown(() => server.close());
  const client: Venue['client'] = (userId, how) => PlainClient.connect(server.port, userId, how);
  return {
    server,
    clock,
    client,
    async member(userId, roomId = 'room', how) {
      const one = await client(userId, how);
      one.join(roomId, { name: userId.toUpperCase() });
      await one.of('selection_state');
      return one;
    },
  };
}
