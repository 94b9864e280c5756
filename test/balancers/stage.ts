import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import type { Test } from 'tap';
import { type ChildServer, startChildServer, unlimited } from '../e2e/child-server.ts';
import { Person, tokenOf } from '../socket-io/stage.ts';
import { type Balancer, startBalancer } from '../support/balancers.ts';
import { startRedis, type TestRedis, until } from '../support/redis.ts';

export interface BalancedStage {
  readonly redis: TestRedis;
  /** Each a process of its own. */
  readonly nodes: readonly [ChildServer, ChildServer];
  /** One more balancer before the same nodes; ends with the test. */
  before(t: Test, which: Balancer, isSticky?: boolean): Promise<Balanced>;
  /** What nodes had to ask each other, and how it ended, as their metrics say. */
  questions(): Promise<string[]>;
  /** How often a node had to ask the other, as their metrics say. */
  passed(): Promise<number>;
  /** Nothing is on its way between the nodes: all polls are held, and no post is under way. */
  quiet(): Promise<void>;
}

export interface Balanced {
  readonly port: number;
  url(path?: string): string;
  /** An official client, which is let in; ends with the test. */
  client(userId: string, options?: Partial<ManagerOptions & SocketOptions>): Promise<Person>;
}

/** Two nodes on a Redis, for whatever stands before them. */
export async function balancedStage(t: Test, env: Record<string, string> = {}): Promise<BalancedStage> {
  const redis = await startRedis(t, { appendfsync: 'no' });
  const given = { STORE: 'redis', REDIS_URL: redis.url, MAX_ROOM_USERS: '1000', ...unlimited, ...env };
  const [a, b] = await Promise.all([0, 1].map(() => startChildServer(t, { env: given })));
  const nodes = [a as ChildServer, b as ChildServer] as const;
  async function questions(): Promise<string[]> {
    const texts = await Promise.all(
      nodes.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );
    return texts.flatMap((text) => text.match(/^tandem_node_questions_total\{.*/gm) ?? []);
  }
  const passed = async () =>
    (await questions()).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);

  return {
    redis,
    nodes,
    async before(t, which, isSticky = false) {
      const { port } = await startBalancer(t, which, nodes, isSticky);
      return balanced(t, port);
    },
    questions,
    passed,
    async quiet() {
      let [last, same] = [-1, 0];
      await until(async () => {
        const now = await passed();
        same = now === last ? same + 1 : 0;
        last = now;
        return same === 20;
      }, 'quiet');
    },
  };
}

function balanced(t: Test, port: number): Balanced {
  const url = (path = '') => `http://127.0.0.1:${port}${path}`;
  return {
    port,
    url,
    async client(userId, options = {}) {
      const socket: Socket = io(url(), {
        forceNew: true,
        auth: { token: await tokenOf(userId) },
        reconnectionDelay: 100,
        reconnectionDelayMax: 500,
        ...options,
      });
      t.teardown(() => socket.disconnect());
      const person = new Person(socket);
      await person.next('connect');
      return person;
    },
  };
}
