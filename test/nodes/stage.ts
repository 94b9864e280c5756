import type { Test } from 'tap';
import type { Server, ServerOptions } from '../../server/assembly/server-options.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { connect, type TestClient } from '../support/client.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { startServer } from '../support/servers.ts';
import type { Message } from '../support/wire.ts';

/** So quick that a test can wait for a death. */
export const quickBeats = { intervalMs: 100, goneAfterMs: 600 };
/** Limits that no test exceeds. */
const generous = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s', MAX_ROOM_USERS: '1000' };

export interface NodesStage {
  readonly redis: TestRedis;
  /** Settings of a node. */
  readonly env: Record<string, string>;
  /** Starts one more node; ends with the test. */
  node(env?: Record<string, string>, parts?: Partial<ServerOptions>): Promise<Server>;
  /** Somebody who has joined at this node. */
  member(at: { port: number }, userId: string, roomId?: string, more?: Message): Promise<TestClient>;
}

/** A Redis of this test's own, and servers on it. */
export async function nodesStage(t: Test): Promise<NodesStage> {
  const redis = await startRedis(t);
  const env = {
    STORE: 'redis',
    REDIS_URL: redis.url,
    REDIS_TIMEOUT_MS: '3000',
    HANDOVER_MS: '0',
    ...generous,
  };
  return {
    redis,
    env,
    async node(more = {}, parts = {}) {
      const server = await startServer({ ...env, ...more }, { beats: quickBeats, ...parts });
      t.teardown(() => server.close());
      return server;
    },
    async member({ port }, userId, roomId = 'room', more = {}) {
      const one = await connect(port, { headers: { authorization: `Bearer ${await tokenOf(userId)}` } });
      t.teardown(() => one.socket.terminate());
      const answer = await one.ask({ type: 'join', roomId, scene: true, ...more });
      if (answer.type !== 'ack') throw new Error(JSON.stringify(answer));
      return one;
    },
  };
}

/** Waits until somebody sees exactly these people. */
export function people(one: TestClient, ids: string[], from = 0): Promise<Message> {
  const names = ({ users = [] }: Message) =>
    users
      .map(({ userId }: Message) => userId)
      .sort()
      .join();
  return one.next(
    (message) => message.type === 'presence' && names(message) === [...ids].sort().join(),
    from,
  );
}

/** The latest that somebody was told of a type. */
export function latest(one: TestClient, type: string): Message | undefined {
  return one.messages.filter((message) => message.type === type).at(-1);
}
