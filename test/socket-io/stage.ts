import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { SignJWT } from 'jose';
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { Test } from 'tap';
import type { Server, ServerOptions } from '../../server/assembly/server-options.ts';
import { systemClock } from '../../server/clock.ts';
import { startServer, TEST_SECRET } from '../support/servers.ts';

/** How clients may connect. */
export const ways: Readonly<Record<string, readonly string[]>> = {
  'websocket only': ['websocket'],
  'polling only': ['polling'],
  upgrading: ['polling', 'websocket'],
};

export type Options = Partial<ManagerOptions & SocketOptions>;

/** A real server, and official clients that end with the test. */
export interface SocketStage {
  readonly server: Server;
  /** The server's settings. */
  readonly env: Record<string, string>;
  /** Those of the clients. */
  readonly transports: readonly string[];
  /** Ends the server as a signal would, and starts one with the same settings at the same port. */
  restart(): Promise<void>;
  /** Sets the server's clock on by this; what runs by timers takes its time. */
  later(ms: number): void;
  /** Where clients connect: `http://127.0.0.1:port`, and the namespace. */
  url(namespace?: string): string;
  /** `io` of the client's library, with the stage's way of connecting. */
  io(url: string, options?: Options): Socket;
  /** A client of a namespace ('/' by default); `as`: with a token of this user. */
  client(options?: Options & { namespace?: string; as?: string }): Promise<Person>;
}

const WITHIN_MS = 100_000;

/** An official client that remembers what it heard. */
export class Person {
  readonly socket: Socket;
  readonly #heard: { event: string; args: unknown[] }[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const note = (event: string, ...args: unknown[]) => {
      this.#heard.push({ event, args });
      for (const look of [...this.#watchers]) look();
    };
    socket.onAny(note);
    for (const event of ['connect', 'connect_error', 'disconnect']) {
      socket.on(event, (...args) => note(event, ...args));
    }
  }

  /** The first argument of the next such event, which is taken out of what was heard. */
  // biome-ignore lint/suspicious/noExplicitAny: what comes from a server
  next(event: string): Promise<any> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`no ${event}; heard ${JSON.stringify(this.#heard)}`));
      }, WITHIN_MS);
      timer.unref();
      const look = () => {
        const index = this.#heard.findIndex((one) => one.event === event);
        if (index < 0) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve(this.#heard.splice(index, 1)[0]?.args[0]);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Names of the events that were heard and not asked for. */
  heard(): string[] {
    return this.#heard.map((one) => one.event);
  }

  emit(event: string, ...args: unknown[]): void {
    this.socket.emit(event, ...args);
  }

  /** With a callback, whose answer it resolves with. */
  // biome-ignore lint/suspicious/noExplicitAny: what comes from a server
  ask(event: string, ...args: unknown[]): Promise<any> {
    return this.socket.timeout(WITHIN_MS).emitWithAck(event, ...args);
  }
}

export function tokenOf(userId: string, claims: Record<string, unknown> = {}): Promise<string> {
  const names = { sub: userId, name: userId.toUpperCase(), email: `${userId}@example.org` };
  return new SignJWT({ ...names, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(TEST_SECRET));
}

/** Runs a test on both transports of the server, with each way of connecting. */
export function onEach(
  t: Test,
  title: string,
  test: (
    t: Test,
    start: (env?: Record<string, string>, parts?: Partial<ServerOptions>) => Promise<SocketStage>,
  ) => Promise<void>,
  which: readonly string[] = Object.keys(ways),
): void {
  for (const transport of ['uws', 'ws']) {
    for (const way of which) {
      t.test(`${title} (${transport}, ${way})`, (t) =>
        test(t, (env = {}, parts = {}) =>
          startStage(t, { TRANSPORT: transport, ...env }, ways[way] ?? [], parts),
        ),
      );
    }
  }
}

export async function startStage(
  t: Test,
  env: Record<string, string>,
  transports: readonly string[],
  parts: Partial<ServerOptions>,
): Promise<SocketStage> {
  let aheadMs = 0;
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs };
  let server = await startServer(env, { clock, ...parts });
  const url = (namespace = '/') => `http://127.0.0.1:${server.port}${namespace}`;
  t.teardown(() => server.close());
  // A client that was closed amid its first poll leaves a timer of 85 s: it may not keep the process, the test does.
  const awake = setInterval(() => {}, 2 ** 30);
  t.teardown(() => clearInterval(awake));
  const open = (to: string, options: Options = {}) => {
    const socket = io(to, { forceNew: true, autoUnref: true, transports: [...transports], ...options });
    t.teardown(() => socket.disconnect());
    return socket;
  };
  return {
    env,
    get server() {
      return server;
    },
    async restart() {
      await server.close();
      server = await startServer(env, { clock, ...parts });
    },
    io: open,
    transports,
    later(ms) {
      aheadMs += ms;
    },
    url,
    async client({ namespace = '/', as, ...options } = {}) {
      const auth = as === undefined ? {} : { auth: { token: await tokenOf(as) } };
      return new Person(open(url(namespace), { ...auth, ...options }));
    },
  };
}

/**
 * Settings of a server that can be started again. Its port is no 0: what µWS listens at then keeps the port for
 * a minute after its connections were closed.
 */
export async function durable(t: Test): Promise<Record<string, string>> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return { STORE: 'lmdb', DATA_DIR: t.testdir(), WS_PORT: String(port) };
}

/** Breaks a client's transport; it stays away until it is told to connect. */
export async function breakOff(one: Person): Promise<void> {
  one.socket.io.reconnection(false);
  one.socket.io.engine.close();
  await one.next('disconnect');
}

/** Whether it is back as if it had never been away. */
export async function comeBack(one: Person): Promise<boolean> {
  const connected = new Promise<void>((resolve) => one.socket.once('connect', resolve));
  one.socket.connect();
  await connected;
  return one.socket.recovered;
}
