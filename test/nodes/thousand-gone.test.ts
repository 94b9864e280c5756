import t from 'tap';
import { noRedis } from '../support/redis.ts';
import { nodesStage, people } from './stage.ts';
import { type StartedNode, startNode } from './started-node.ts';

t.setTimeout(300_000);

t.test(
  '[ND2] a thousand whom a killed node held are gone within 10 s, and all are told once',
  { skip: noRedis },
  async (t) => {
    const at = await nodesStage(t);
    const [dying, ...survivors] = await Promise.all(
      [1, 2, 3].map(() => startNode(t, { ...at.env, REDIS_TIMEOUT_MS: '20000' })),
    );
    const rooms = ['a', 'b', 'c', 'd', 'e'];
    for (let begun = 0; begun < 1000; begun += 50)
      await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          at.member(dying as StartedNode, `user${begun + index}`, rooms[index % rooms.length]),
        ),
      );
    const names = survivors.map((_, index) => `watcher${index}`);
    const watchers = await Promise.all(
      survivors.flatMap((one, index) => rooms.map((room) => at.member(one, names[index] as string, room))),
    );
    for (const one of watchers) await one.next(({ users }) => users?.length === 200 + names.length);
    const from = watchers.map(({ messages }) => messages.length);
    const begun = performance.now();
    void dying?.kill();
    await Promise.all(watchers.map((one, index) => people(one, names, from[index])));
    const tookMs = Math.round(performance.now() - begun);
    t.ok(tookMs < 10_000, `took ${tookMs} ms`);
    for (const one of watchers) await one.sync();
    for (const [index, one] of watchers.entries()) {
      const told = one.messages.slice(from[index]).filter(({ type }) => type === 'presence');
      t.equal(told.length, 1, 'once');
    }
  },
);
