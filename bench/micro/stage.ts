import type { Clock } from '../../server/clock.ts';
import { readConfig } from '../../server/config.ts';
import { createLogger } from '../../server/logger.ts';
import { createServer } from '../../server/server.ts';
import type { Connection, Transport, TransportOptions } from '../../server/transport/connection.ts';

/** A server without sockets: what its own code costs, and nothing else. */
export interface Stage {
  /** Connects over plain WebSocket, or Engine.IO. */
  enter(protocol: 'tandem.v1' | '' | 'engine.io'): Connection;
  receive(connection: Connection, text: string): void;
  /** Ends the tick that runs. */
  tick(): void;
  /** Lets what is under way come to rest. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const due = new Set<{ at: number; action: () => void }>();
  let elapsed = 0;
  const clock: Clock = {
    now: () => 1_800_000_000_000 + elapsed,
    monotonic: () => elapsed,
    after(delayMs, action) {
      const one = { at: elapsed + delayMs, action };
      due.add(one);
      return () => due.delete(one);
    },
    every: () => () => {},
  };
  let parts: TransportOptions | undefined;
  const transport: Transport = {
    publish() {},
    listen: async () => 0,
    stopListening() {},
    async close() {},
  };
  const env = {
    STORE: 'memory',
    AUTH: 'optional',
    JWT_SECRET: 'a secret of the bench alone, and of nobody else',
    RATE_LIMIT: '1000000/1s',
    STREAM_LIMIT: '1000000/1s',
    MAX_ROOM_USERS: '1000',
    PING_INTERVAL_MS: '86400000',
    HEARTBEAT_GRACE_MS: '86400000',
    LOG_LEVEL: 'error',
  };
  const server = await createServer({
    config: readConfig(env),
    logger: createLogger({ logLevel: 'error' }),
    clock,
    transport: async (options) => {
      parts = options;
      return transport;
    },
  });
  let ids = 0;
  return {
    enter(protocol) {
      ids += 1;
      const connection: Connection = {
        id: `c${ids}`,
        state: undefined,
        send: () => 'sent',
        cork: (action) => action(),
        subscribe() {},
        unsubscribe() {},
        bufferedBytes: () => 0,
        close() {},
        terminate() {},
      };
      parts?.handler.opened(connection, {
        path: protocol === 'engine.io' ? '/socket.io/' : '/ws',
        query: protocol === 'engine.io' ? 'EIO=4&transport=websocket' : '',
        headers: {},
        authorization: undefined,
        cookie: undefined,
        origin: undefined,
        host: undefined,
        address: '127.0.0.1',
        protocol: protocol === 'engine.io' ? '' : protocol,
      });
      return connection;
    },
    receive: (connection, text) => parts?.handler.received(connection, Buffer.from(text), false),
    tick() {
      elapsed += 20;
      for (const one of [...due]) {
        if (one.at > elapsed) continue;
        due.delete(one);
        one.action();
      }
    },
    async settled() {
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    },
    close: () => server.close(),
  };
}
