import { setTimeout as passed } from 'node:timers/promises';
import t from 'tap';
import { add, update } from '../native/person.ts';
import { noRedis, type TestRedis } from '../support/redis.ts';
import { nodesStage } from './stage.ts';

t.setTimeout(120_000);

/** So long that what one sends at once lies within one. */
const TICK_MS = 100;
const TICKS = 20;

/** How often clients have called these commands; what scripts call is none of theirs. */
async function calls(redis: TestRedis): Promise<Record<'evalsha' | 'spublish' | 'reads', number>> {
  const text = String(await redis.command('INFO', 'commandstats'));
  const count = (name: string) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
  return { evalsha: count('evalsha'), spublish: count('spublish'), reads: count('evalsha_ro') };
}

t.test('what a room costs Redis', { skip: noRedis }, async (t) => {
  t.test('a node that writes in a room calls Redis once a tick, however many write there', async (t) => {
    const at = await nodesStage(t);
    // No beats and no looks meanwhile.
    const beats = { intervalMs: 600_000, goneAfterMs: 1_800_000 };
    const nodes = [
      await at.node({ TICK_MS: String(TICK_MS) }, { beats }),
      await at.node({ TICK_MS: String(TICK_MS) }, { beats }),
    ];
    const people = [];
    for (let index = 0; index < 20; index++) {
      const one = await at.member(nodes[index % 2] as { port: number }, `u${index}`);
      await one.ask(add(`i${index}`));
      people.push(one);
    }
    const busy = await calls(at.redis);
    const before = { ...busy };
    for (let tick = 0; tick < TICKS; tick++) {
      const all = people.map((one, index) => one.ask(update(`i${index}`, { n: tick })));
      await Promise.all([...all, passed(TICK_MS)]);
    }
    const after = await calls(at.redis);
    t.comment(JSON.stringify({ before, after }));
    t.ok(
      after.evalsha - before.evalsha <= 2 * 2 * TICKS,
      `${after.evalsha - before.evalsha} scripts in ${TICKS} ticks`,
    );
  });
});
