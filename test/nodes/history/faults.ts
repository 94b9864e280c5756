import type { Random } from '../../simulation/random.ts';
import type { TestRedis } from '../../support/redis.ts';
import type { Fleet } from './fleet.ts';

const weights = {
  nodeDies: 3,
  nodeStops: 2,
  redisDies: 2,
  redisStops: 1,
  redisPauses: 2,
  redisRefuses: 3,
  cut: 3,
  deaf: 3,
  isolated: 2,
  stalled: 4,
} as const;
export type FaultName = keyof typeof weights;

/** Settings with which Redis takes no writes: no memory, no replica. */
const refusals = [
  ['maxmemory', '1', '0'],
  ['min-replicas-to-write', '1', '0'],
] as const;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What goes wrong amid a history, one thing after the other or several at once; all is mended in the end. */
export class Faults {
  readonly counts = new Map<FaultName, number>();
  readonly #fleet: Fleet;
  readonly #redis: TestRedis;
  readonly #random: Random;
  readonly #note: (line: string) => void;
  readonly #busy = new Set<string>();
  readonly #running = new Set<Promise<void>>();

  constructor(fleet: Fleet, redis: TestRedis, random: Random, note: (line: string) => void) {
    this.#fleet = fleet;
    this.#redis = redis;
    this.#random = random;
    this.#note = note;
  }

  /** Begins one, unless what it would strike is struck already. Never rejects. */
  strike(name: FaultName = this.#random.weighted(weights)): void {
    const index = this.#random.below(this.#fleet.size);
    const ms = this.#random.chance(0.7) ? this.#random.below(800) : this.#random.below(4000);
    const target = name.startsWith('redis') || name === 'deaf' ? 'redis' : `node ${index}`;
    if (this.#busy.has(target)) return;
    this.#busy.add(target);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.#note(`${name}, ${target}, ${ms} ms`);
    const running = this.#run(name, index, ms).finally(() => {
      this.#note(`${name}, ${target}: over`);
      this.#busy.delete(target);
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Resolves when nothing is wrong any more. */
  async over(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #run(name: FaultName, index: number, ms: number): Promise<void> {
    const proxy = this.#fleet.proxy(index);
    switch (name) {
      case 'nodeDies':
        await this.#fleet.kill(index);
        await pause(ms);
        return this.#fleet.start(index);
      case 'nodeStops':
        this.#fleet.node(index)?.signal('SIGSTOP');
        await pause(ms);
        this.#fleet.node(index)?.signal('SIGCONT');
        return;
      case 'redisDies':
        await this.#redis.crash();
        await pause(ms);
        return this.#redis.start();
      case 'redisStops':
        this.#redis.signal('SIGSTOP');
        await pause(ms);
        this.#redis.signal('SIGCONT');
        return;
      case 'redisPauses':
        await this.#redis.command('CLIENT', 'PAUSE', String(ms), this.#random.pick(['WRITE', 'ALL']));
        return pause(ms);
      case 'redisRefuses': {
        const [setting, value, usual] = this.#random.pick(refusals);
        await this.#redis.command('CONFIG', 'SET', setting, value);
        await pause(ms);
        await this.#redis.command('CONFIG', 'SET', setting, usual);
        return;
      }
      case 'cut':
        proxy.cut();
        return;
      case 'deaf':
        // What is appended meanwhile nobody is told.
        await this.#redis.command('CLIENT', 'KILL', 'TYPE', 'PUBSUB').catch(() => {});
        return;
      case 'isolated':
        proxy.accept(false);
        proxy.cut();
        await pause(ms);
        proxy.accept(true);
        return;
      case 'stalled': {
        const way = this.#random.pick(['questions', 'answers'] as const);
        const breaks = this.#random.chance(0.5);
        proxy.pass(way, false);
        await pause(ms);
        if (breaks) proxy.cut();
        proxy.pass(way, true);
      }
    }
  }
}
