import type { Clock } from '../clock.ts';
import { everybody, type NodeEvents, type Nodes } from './nodes.ts';
import type { RedisLink, Reply, Unsubscribe } from './redis-link.ts';
import { beatScript, buryScript, doneScript, knownScript, type Prefixes } from './redis-scripts.ts';

/** How nodes prove that they live, and how long silence is not yet death. */
export interface Beats {
  readonly intervalMs: number;
  readonly goneAfterMs: number;
}

/** A node that died is noticed after 8 s at the latest. */
export const usualBeats: Beats = { intervalMs: 1000, goneAfterMs: 6000 };

export interface RedisNodesOptions extends NodeEvents {
  readonly link: RedisLink;
  readonly prefixes: Prefixes;
  readonly nodeId: string;
  readonly clock: Clock;
  readonly beats: Beats;
}

/** The score that a node had, and since when, monotonic. */
interface Seen {
  readonly score: string;
  readonly since: number;
}

/**
 * Every node counts up a number of its own at each beat. One whose number others have seen standing for too long,
 * while their own beats went through, is gone: no clocks are compared, and a Redis that was away kills nobody.
 */
export async function openRedisNodes(options: RedisNodesOptions): Promise<Nodes> {
  const { link, prefixes, nodeId, clock, beats, onGone, onLeft, onMail } = options;
  const key = `${prefixes.keys}{nodes}:beats`;
  const leftKey = `${prefixes.keys}{nodes}:left`;
  let seen = new Map<string, Seen>();
  let living: ReadonlySet<string> = new Set();
  let beatenAt = clock.monotonic();
  let beating: Promise<void> | undefined;
  let count = 0;
  /** Dead nodes for which this one is doing what they left undone. */
  const succeeding = new Set<string>();

  async function beat(): Promise<void> {
    count += 1;
    const [numbers, left] = await link.run(beatScript, [key, leftKey], () => [nodeId, String(count)]);
    const now = clock.monotonic();
    // Whoever did not beat meanwhile may not have been able to, just as this one.
    const wasAway = now - beatenAt > beats.goneAfterMs / 2;
    beatenAt = now;
    const before = seen;
    seen = new Map();
    for (const [node, score] of pairs(numbers)) {
      if (node === nodeId) continue;
      const known = before.get(node);
      seen.set(node, known?.score === score && !wasAway ? known : { score, since: now });
    }
    for (const node of before.keys()) if (!seen.has(node)) onGone(node);
    for (const [node, { score, since }] of seen) {
      if (now - since < beats.goneAfterMs) continue;
      const buried = await link.run(buryScript, [key, leftKey], () => [node, score, nodeId]);
      if (String(buried[0]) !== 'buried') continue;
      seen.delete(node);
      onGone(node);
      void succeed(node);
    }
    living = new Set(seen.keys());
    for (const [dead, successor] of pairs(left)) if (successor === nodeId) void succeed(dead);
  }

  /** What fails is seen again with the next beat. */
  async function succeed(dead: string): Promise<void> {
    if (succeeding.has(dead)) return;
    succeeding.add(dead);
    try {
      // This one itself was only taken for dead: it has all that it had.
      const isDone = dead === nodeId || (await onLeft(dead));
      if (isDone) await link.run(doneScript, [leftKey], () => [dead, nodeId]);
    } catch {
    } finally {
      succeeding.delete(dead);
    }
  }

  function tick(): void {
    beating ??= beat()
      .catch(() => {})
      .finally(() => {
        beating = undefined;
      });
  }

  /** Somebody has come. A beat that is under way may have been too early to see it. */
  async function greeted(newcomer: string): Promise<void> {
    if (newcomer === nodeId) return;
    await beating;
    tick();
  }

  const comings = `${prefixes.channels}{nodes}:comings`;
  const listeners: [string, (message: Buffer) => void][] = [
    [channelOf(prefixes, nodeId), onMail],
    [channelOf(prefixes, everybody), onMail],
    [comings, (newcomer) => void greeted(newcomer.toString())],
  ];
  // Whoever knows of this node can write to it; of two that come together one hears the other, or sees its beat.
  const unsubscribing: Unsubscribe[] = [];
  for (const listener of listeners) unsubscribing.push(await link.subscribe(...listener));
  await beat();
  // Where it is lost, they see this node with their next beats.
  await link.deliver(comings, Buffer.from(nodeId));
  const stop = clock.every(beats.intervalMs, tick);
  return {
    get others() {
      return seen.size;
    },
    async gone(nodes) {
      const others = nodes.filter((node) => node !== nodeId);
      if (others.length === 0) return [];
      const known = await link.run(knownScript, [key], () => others);
      return others.filter((_, index) => String(known[index]) !== '1');
    },
    mail: {
      others: () => living,
      send: (to, message) => link.deliver(channelOf(prefixes, to), message),
    },
    async close() {
      stop();
      await beating;
      await Promise.all(unsubscribing.map((unsubscribe) => unsubscribe()));
    },
  };
}

/** Where a node, or everybody, is written to. Each is spread over a cluster by its own name. */
function channelOf({ channels }: Prefixes, node: string): string {
  return `${channels}{node ${node}}:mail`;
}

function pairs(reply: Reply[number] | undefined): [string, string][] {
  const words = ((reply ?? []) as Reply).map(String);
  return Array.from({ length: words.length / 2 }, (_, index) => [
    words[2 * index] as string,
    words[2 * index + 1] as string,
  ]);
}
