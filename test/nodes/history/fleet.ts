import type { Test } from 'tap';
import type { Random } from '../../simulation/random.ts';
import type { TestRedis } from '../../support/redis.ts';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { type StartedNode, startNode } from '../started-node.ts';

/** A node, and the way from it to Redis. */
interface Post {
  readonly proxy: TcpProxy;
  node: StartedNode | undefined;
}

/** So quick that deaths, also mistaken ones, are noticed within a history. */
const beats = { intervalMs: 300, goneAfterMs: 1800 };

const MOST_ATTEMPTS = 20;

/** Real node processes on one Redis, as a balancer sees them. */
export class Fleet {
  readonly #t: Test;
  readonly #env: Record<string, string>;
  readonly #posts: readonly Post[];
  /** What nodes said that ended by themselves. */
  readonly deaths: string[] = [];

  private constructor(t: Test, env: Record<string, string>, posts: readonly Post[]) {
    this.#t = t;
    this.#env = env;
    this.#posts = posts;
  }

  static async start(t: Test, redis: TestRedis, count: number, env: Record<string, string>): Promise<Fleet> {
    const proxies = await Promise.all(Array.from({ length: count }, () => startProxy(t, redis.port)));
    const fleet = new Fleet(
      t,
      env,
      proxies.map((proxy) => ({ proxy, node: undefined })),
    );
    await Promise.all(proxies.map((_, index) => fleet.start(index)));
    return fleet;
  }

  get size(): number {
    return this.#posts.length;
  }

  /** The ports of the nodes that live. */
  get ports(): number[] {
    return this.#posts.flatMap(({ node }) => node?.port ?? []);
  }

  /** Where a balancer sends the next connection. */
  pick(random: Random): number | undefined {
    const { ports } = this;
    return ports.length === 0 ? undefined : random.pick(ports);
  }

  proxy(index: number): TcpProxy {
    return this.#post(index).proxy;
  }

  /** Undefined: it does not live. */
  node(index: number): StartedNode | undefined {
    return this.#post(index).node;
  }

  async kill(index: number): Promise<void> {
    const post = this.#post(index);
    const { node } = post;
    post.node = undefined;
    await node?.kill();
  }

  /** As often as it takes: a node does not start while Redis is away. */
  async start(index: number): Promise<void> {
    const post = this.#post(index);
    if (post.node !== undefined) return;
    const env = { ...this.#env, REDIS_URL: `redis://127.0.0.1:${post.proxy.port}` };
    let node: StartedNode | undefined;
    for (let attempts = MOST_ATTEMPTS; node === undefined; attempts--) {
      node = await startNode(this.#t, env, beats).catch((error: Error) => {
        if (attempts <= 1) throw error;
        return undefined;
      });
    }
    post.node = node;
    void node.ended.then((errors) => {
      if (post.node === node) this.deaths.push(errors);
    });
  }

  #post(index: number): Post {
    return this.#posts[index] as Post;
  }
}
