import t, { type Test } from 'tap';
import { systemClock } from '../../server/clock.ts';
import { openDurableMap } from '../../server/log/durable-map.ts';
import type { Log } from '../../server/log/log.ts';
import { openRedisLog } from '../../server/log/redis.ts';
import { STAYS } from '../../server/recovery/recovery.ts';
import type { Stay } from '../../server/recovery/stay.ts';
import { add, update } from '../native/person.ts';
import { breakOff, comeBack, startStage } from '../socket-io/stage.ts';
import { noRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { latest, nodesStage, people, quickBeats } from './stage.ts';
import { startNode } from './started-node.ts';

t.setTimeout(300_000);

async function logOf(t: Test, { url }: { url: string }): Promise<Log> {
  const log = await openRedisLog({ url });
  t.teardown(() => log.close());
  return log;
}

t.test('nodes that are gone', { skip: noRedis }, async (t) => {
  t.test(
    '[ND2] whom a killed node held has left within 10 s, and the locks have passed on, once',
    async (t) => {
      const at = await nodesStage(t);
      const beats = { intervalMs: 500, goneAfterMs: 2000 };
      const dying = await startNode(t, at.env, beats);
      const survivors = [await at.node({}, { beats }), await at.node({}, { beats })] as const;
      const crowd = Array.from({ length: 200 }, (_, index) => `user${index}`);
      await Promise.all(crowd.map((name) => at.member(dying, name, `room${name.length}`)));
      const holder = await at.member(dying, 'holder', 'lonely');
      await holder.ask(add('i'));
      const watchers = await Promise.all(
        survivors.flatMap((one, index) =>
          [5, 6, 7].map((length) => at.member(one, `watcher${index}`, `room${length}`)),
        ),
      );
      const first = await at.member(dying, 'first', 'room5');
      await first.ask(add('i'));
      await first.ask({ type: 'select', planetId: 'i' });
      const next = watchers[0] as (typeof watchers)[0];
      await next.ask({ type: 'select', planetId: 'i' });
      t.match(await next.ask(update('i', { a: 1 })), { type: 'conflict' });
      const from = watchers.map(({ messages }) => messages.length);
      const begun = performance.now();
      void dying.kill();
      await Promise.all(watchers.map((one, index) => people(one, ['watcher0', 'watcher1'], from[index])));
      t.ok(performance.now() - begun < 10_000, `took ${Math.round(performance.now() - begun)} ms`);
      t.match(await next.ask(update('i', { a: 1 })), { type: 'ack' });
      for (const [index, one] of watchers.entries()) {
        const told = one.messages.slice(from[index]).filter(({ type }) => type === 'presence');
        t.equal(told.length, 1, 'all at once, and once');
      }
      const late = await at.member(survivors[0], 'late', 'lonely');
      await people(late, ['late'], 0);
      t.equal(
        latest(late, 'sceneState')?.version,
        1,
        'a room where nobody else was is found without its ghost',
      );
    },
  );

  t.test('[ND3] a node that was cut off comes back, and so do those that it holds', async (t) => {
    const at = await nodesStage(t);
    const proxy = await startProxy(t, at.redis.port);
    const a = await at.node({ REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '2000' });
    const b = await at.node();
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await ada.ask(add('i', { n: 1 }));
    await ada.ask({ type: 'select', planetId: 'i' });
    await ben.ask({ type: 'select', planetId: 'i' });
    await ada.ask({ type: 'join_viewer', planetId: 'p' });
    let from = ben.messages.length;
    proxy.accept(false);
    proxy.cut();
    const refused = await ada.ask(update('i', { n: 2 }));
    t.ok(['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN'].includes(refused.code), refused.code);
    t.equal((await fetch(`http://127.0.0.1:${a.port}/ready`)).status, 503);
    await people(ben, ['ben'], from);
    t.match(await ben.ask(update('i', { n: 3 })), { type: 'ack' }, 'the lock has passed on');
    from = ada.messages.length;
    const fromBen = ben.messages.length;
    proxy.accept(true);
    await people(ben, ['ada', 'ben'], fromBen);
    await people(ada, ['ada', 'ben'], from);
    await until(async () => (await fetch(`http://127.0.0.1:${a.port}/ready`)).status === 200);
    t.match(await ada.ask(update('i', { n: 4 })), { type: 'conflict' }, 'and did not come back with her');
    await ben.ask({ type: 'unselect', planetId: 'i' });
    t.match(await ada.ask(update('i', { n: 4 })), { type: 'ack' });
    const { ref: _a, ...one } = await ada.ask({ type: 'requestSync' });
    const { ref: _b, ...other } = await ben.ask({ type: 'requestSync' });
    t.same(one, other);
    t.equal(ada.socket.readyState, 1, 'her connection was there all the time');
  });

  t.test('[ND3] who is at a node that was taken for dead misses nothing, whatever it speaks', async (t) => {
    const at = await nodesStage(t);
    const proxy = await startProxy(t, at.redis.port);
    const env = { ...at.env, REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '2000' };
    const cutOff = await startStage(t, env, ['websocket'], { beats: quickBeats });
    const b = await at.node();
    const ada = await cutOff.client({ as: 'ada' });
    await ada.ask('join_room', { roomId: 'room' });
    const [ben, dan] = [await at.member(b, 'ben'), await at.member(cutOff.server, 'dan')];
    await people(ben, ['ada', 'ben', 'dan']);
    await dan.ask(add('i'));
    await dan.next(({ toVersion }) => toVersion === 1);
    const [from, fromDan] = [ben.messages.length, dan.messages.length];
    proxy.accept(false);
    proxy.cut();
    await people(ben, ['ben'], from);
    await ben.ask({ type: 'message', text: 'one' });
    await ben.ask(update('i', { n: 1 }));
    proxy.accept(true);
    await people(ben, ['ada', 'ben', 'dan'], from);
    await ben.ask({ type: 'message', text: 'two' });
    for (const message of ['one', 'two']) t.match(await ada.next('message'), { message });
    t.match(await dan.next(({ type }) => type === 'sceneDelta', fromDan), { fromVersion: 1, toVersion: 2 });
    await dan.next(({ text }) => text === 'two', fromDan);
    const told = dan.messages.slice(fromDan);
    t.same(
      told.flatMap(({ text }) => text ?? []),
      ['one', 'two'],
    );
    t.notOk(
      told.some(({ type }) => type === 'sceneState'),
      'nor is anything told again',
    );
  });

  t.test('[SO14] who is at a node that was taken for dead can come back long after', async (t) => {
    const at = await nodesStage(t);
    let later = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + later };
    const watching = await at.node({}, { clock });
    const ben = await at.member(watching, 'ben');
    const stays = await openDurableMap<Stay>(await logOf(t, at.redis), STAYS);
    const users = () => [...stays.entries()].map(([, { userId }]) => userId).sort();
    const cutOff = await Promise.all(
      ['ada', 'eve'].map(async (name) => {
        const proxy = await startProxy(t, at.redis.port);
        const env = { ...at.env, REDIS_URL: `redis://127.0.0.1:${proxy.port}`, REDIS_TIMEOUT_MS: '2000' };
        const node = await startStage(t, env, ['websocket'], { beats: quickBeats });
        const one = await node.client({ as: name });
        await one.ask('join_room', { roomId: 'room' });
        return { proxy, one };
      }),
    );
    const [{ one: ada, proxy }] = cutOff as [(typeof cutOff)[0]];
    await people(ben, ['ada', 'ben', 'eve']);
    await until(() => users().join() === 'ada,eve');
    let from = ben.messages.length;
    for (const { proxy } of cutOff) {
      proxy.accept(false);
      proxy.cut();
    }
    await people(ben, ['ben'], from);
    from = ben.messages.length;
    proxy.accept(true);
    await people(ben, ['ada', 'ben'], from);
    later = 121_000;
    await until(() => !users().includes('eve'), 'the end of a stay whose node is gone');
    t.same(users(), ['ada']);
    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'recovered');
  });

  t.test('[ND2] a Redis that is away for long makes nobody leave', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await people(ada, ['ada', 'ben']);
    await people(ben, ['ada', 'ben']);
    const from = [ada.messages.length, ben.messages.length];
    await at.redis.crash();
    const away = performance.now();
    await until(() => performance.now() - away > 3 * quickBeats.goneAfterMs);
    t.match(await ada.ask(add('refused')), { code: 'LOG_UNAVAILABLE' });
    await at.redis.start();
    await until(async () => (await ada.ask(add('i'))).type === 'ack');
    const back = performance.now();
    await until(() => performance.now() - back > 3 * quickBeats.goneAfterMs);
    for (const [index, one] of [ada, ben].entries())
      t.same(
        one.messages.slice(from[index]).filter(({ type }) => type === 'presence'),
        [],
      );
  });

  t.test('[ND3] a Redis that has lost everything is filled again by those who are there', async (t) => {
    const at = await nodesStage(t);
    await at.redis.command('CONFIG', 'SET', 'appendonly', 'no');
    const [a, b] = [await at.node(), await at.node()];
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await ada.ask(add('i'));
    const before = await ada.ask({ type: 'requestSync' });
    await people(ada, ['ada', 'ben']);
    const from = [ada.messages.length, ben.messages.length];
    await at.redis.command('FLUSHALL');
    await until(async () => (await ben.ask(add('j'))).type === 'ack');
    await people(ada, ['ada', 'ben'], from[0]);
    await people(ben, ['ada', 'ben'], from[1]);
    const state = ({ ask }: typeof ada) => ask({ type: 'requestSync' });
    const same = async () => (await state(ada)).version === (await state(ben)).version;
    await until(same, 'what one wrote the other has');
    const [one, other] = [await state(ada), await state(ben)];
    t.not(one.epoch, before.epoch, 'another life of the log');
    t.equal(one.epoch, other.epoch);
    t.equal(one.version, other.version);
    t.match(latest(ada, 'sceneState'), { epoch: one.epoch });
    const heard = ben.messages.length;
    ada.send({ type: 'cursor', position: [1, 2] });
    t.ok(await ben.next(({ type }) => type === 'cursor', heard), 'and they hear each other at once');
  });
});
