import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Server, ServerOptions } from '../../server/assembly/server-options.ts';
import { systemClock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import type { Log } from '../../server/log/log.ts';
import type { Logger } from '../../server/logger.ts';
import { createServer } from '../../server/server.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createWire, type Wire } from './wire.ts';

/** For HS256 in tests. */
export const TEST_SECRET = 'a secret of tests only, 32 bytes and more';

export const silent: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  child: () => silent,
};

export interface WiredServer extends Wire {
  readonly server: Server;
  readonly clock: ManualClock;
  /** Lets everything happen that can happen without time passing. */
  settle(): Promise<void>;
  /** Lets time pass, in steps small enough for everything in between to happen. */
  pass(ms: number, stepMs?: number): Promise<void>;
}

/**
 * A whole server, but for sockets, with a clock that is advanced by hand. Settings are those of the
 * environment; the default store is memory, and guests are let in.
 */
export async function startWired(
  env: Record<string, string> = {},
  parts: { log?: Log; clock?: ManualClock; logger?: Logger } & Pick<
    ServerOptions,
    'authorize' | 'onHappening' | 'hooks' | 'applications'
  > = {},
): Promise<WiredServer> {
  const clock = parts.clock ?? createManualClock();
  const config = readConfig({
    STORE: 'memory',
    WS_PORT: '0',
    JWT_SECRET: TEST_SECRET,
    AUTH: 'optional',
    ...env,
  });
  let wire: Wire | undefined;
  const server = await createServer({
    config,
    logger: parts.logger ?? silent,
    clock,
    random: () => 0.5,
    ...(parts.log === undefined ? {} : { log: parts.log }),
    ...(parts.authorize === undefined ? {} : { authorize: parts.authorize }),
    ...(parts.onHappening === undefined ? {} : { onHappening: parts.onHappening }),
    ...(parts.hooks === undefined ? {} : { hooks: parts.hooks }),
    ...(parts.applications === undefined ? {} : { applications: parts.applications }),
    transport: async (options) => {
      wire = createWire(options);
      return wire.transport;
    },
  });
  async function settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  return {
    ...(wire as unknown as Wire),
    server,
    clock,
    settle,
    async pass(ms, stepMs = 16) {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(stepMs, left));
        await settle();
      }
    },
  };
}

/** A real server on a free port of 127.0.0.1. */
export async function startServer(
  env: Record<string, string> = {},
  { logger = silent, clock = systemClock, ...parts }: Omit<Partial<ServerOptions>, 'config'> = {},
): Promise<Server> {
  const config = readConfig({
    STORE: 'memory',
    WS_PORT: '0',
    HOST: '127.0.0.1',
    JWT_SECRET: TEST_SECRET,
    AUTH: 'optional',
    ...env,
  });
  return createServer({ config, logger, clock, ...parts });
}

/** Why tests over IPv6 are skipped, where this machine has none. */
export const withoutIPv6 =
  !Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1')) &&
  'this machine has no IPv6';

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createNetServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Lets time pass until it has happened: a real disk takes its own time, and what a tick brings waits for its end. */
export async function inTime<T>({ clock, settle }: WiredServer, happens: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  happens.then(over, over);
  while (!isOver) {
    clock.advance(1);
    await settle();
  }
  return happens;
}
