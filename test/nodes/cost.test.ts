import { setTimeout as passed } from 'node:timers/promises';
import t from 'tap';
import { add, update } from '../native/person.ts';
import type { TestClient } from '../support/client.ts';
import { noRedis, type TestRedis } from '../support/redis.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

/** So long that what one sends at once lies within one. */
const TICK_MS = 100;
const ROUNDS = 20;

/** How often these were called: scripts by nodes, messages by nodes and scripts. Other commands no node calls. */
async function calls(redis: TestRedis): Promise<{ evalsha: number; spublish: number }> {
  const text = String(await redis.command('INFO', 'commandstats'));
  const count = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
  return { evalsha: count('evalsha'), spublish: count('spublish') };
}

t.test('what a room costs Redis', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  // No beats meanwhile.
  const beats = { intervalMs: 600_000, goneAfterMs: 1_800_000 };
  const node = () => at.node({ TICK_MS: String(TICK_MS) }, { beats });
  const nodes = [await node(), await node()];
  const people: TestClient[] = [];
  for (let index = 0; index < 20; index++) {
    const one = await at.member(nodes[index % 2] as { port: number }, `u${index}`);
    await one.ask(add(`i${index}`));
    people.push(one);
  }

  /** What is called while everybody says something again and again, and how many ticks that takes. */
  async function during(say: (one: TestClient, index: number, round: number) => unknown) {
    const [before, begun] = [await calls(at.redis), performance.now()];
    for (let round = 0; round < ROUNDS; round++)
      await Promise.all([...people.map((one, index) => say(one, index, round)), passed(TICK_MS / 4)]);
    await passed(TICK_MS);
    const [after, ms] = [await calls(at.redis), performance.now() - begun];
    const ticks = Math.ceil(ms / TICK_MS) + 1;
    // Each node looks at one of its rooms a second.
    const looks = nodes.length * (1 + Math.ceil(ms / 1000));
    return {
      scripts: after.evalsha - before.evalsha,
      published: after.spublish - before.spublish,
      ticks,
      looks,
    };
  }

  t.test('a node that writes in a room calls Redis once a tick, however many write there', async (t) => {
    const { scripts, ticks, looks } = await during((one, index, round) =>
      one.ask(update(`i${index}`, { n: round })),
    );
    t.ok(scripts >= 4, 'both have written');
    t.ok(
      scripts <= nodes.length * ticks + looks,
      `${scripts} scripts of ${nodes.length} nodes in ${ticks} ticks`,
    );
  });

  t.test('so do the signals of all its people, as one message', async (t) => {
    const { scripts, published, ticks, looks } = await during((one, _, round) =>
      one.send({ type: 'cursor', position: { x: round, y: 0 } }),
    );
    t.ok(scripts <= looks, 'nothing of them is stored');
    t.ok(published >= 4, 'both have told');
    t.ok(published <= nodes.length * ticks, `${published} messages in ${ticks} ticks`);
  });
});
