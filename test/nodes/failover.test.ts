import t, { type Test } from 'tap';
import { add, update } from '../native/person.ts';
import { noRedis, startRedis, type TestRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { nodesStage, people } from './stage.ts';

t.setTimeout(120_000);

/** Two nodes on a primary with a replica, which can take its place. */
async function replicated(t: Test) {
  const at = await nodesStage(t);
  const replica: TestRedis = await startRedis(t, {}, t.testdir({ replica: {} }));
  const proxy = await startProxy(t, at.redis.port);
  const env = { REDIS_URL: `redis://127.0.0.1:${proxy.port}` };
  const nodes = [await at.node(env), await at.node(env)] as const;
  await replica.command('REPLICAOF', '127.0.0.1', String(at.redis.port));
  const isUp = async () =>
    String(await replica.command('INFO', 'replication')).includes('master_link_status:up');
  await until(isUp, 'the replica follows');
  return {
    ...at,
    nodes,
    /** All that the primary has is on the replica, too. */
    caughtUp: () =>
      until(async () => {
        const offset = async (one: TestRedis) =>
          /master_repl_offset:(\d+)/.exec(String(await one.command('INFO', 'replication')))?.[1];
        return (await offset(at.redis)) === (await offset(replica));
      }),
    /** From here on it hears of nothing more. */
    promote: () => replica.command('REPLICAOF', 'NO', 'ONE'),
    /** Whoever connects from now on comes to the replica; the primary lives on as its replica. */
    async changePlaces() {
      await at.redis.command('REPLICAOF', '127.0.0.1', String(replica.port));
      proxy.lead(replica.port);
    },
    async failOver() {
      await at.redis.crash();
      proxy.lead(replica.port);
      proxy.cut();
    },
  };
}

t.test('a primary that dies, and a replica in its place', { skip: noRedis }, async (t) => {
  t.test('[ND1] [ND3] where the replica has all, everybody goes on as if nothing had been', async (t) => {
    const at = await replicated(t);
    const [ada, ben] = [await at.member(at.nodes[0], 'ada'), await at.member(at.nodes[1], 'ben')];
    await people(ada, ['ada', 'ben']);
    const command = { ...add('i', { n: 1 }), opId: 'one' };
    t.match(await ada.ask(command), { version: 1 });
    await ben.next(({ toVersion }) => toVersion === 1);
    const from = [ada.messages.length, ben.messages.length];
    await at.caughtUp();
    await at.promote();
    await at.failOver();
    await until(async () => (await ben.ask(update('i', { n: 2 }, { opId: 'two' }))).type === 'ack');
    await ada.next(({ toVersion }) => toVersion === 2, from[0]);
    t.match(await ada.ask(command), { type: 'ack', version: 1 }, 'and the ids of commands are remembered');
    for (const [index, one] of [ada, ben].entries())
      t.notOk(one.messages.slice(from[index]).some(({ type }) => ['sceneState', 'presence'].includes(type)));
  });

  t.test('[ND3] where the primary lives on and cuts nobody off, all move to the other one', async (t) => {
    const at = await replicated(t);
    const [ada, ben] = [await at.member(at.nodes[0], 'ada'), await at.member(at.nodes[1], 'ben')];
    t.match(await ada.ask(add('i', { n: 1 })), { version: 1 });
    await at.caughtUp();
    await at.promote();
    await at.changePlaces();
    const command = update('i', { n: 2 }, { opId: 'two' });
    await until(async () => (await ben.ask(command)).type === 'ack', 'who reads only is left');
    await ada.next(({ toVersion }) => toVersion === 2);
    t.match(await ada.ask(update('i', { n: 3 })), { version: 3 });
    await ben.next(({ toVersion }) => toVersion === 3);
  });

  t.test(
    '[ND3] [RS1] where it lacks something, all begin anew from what it has, also who comes back later',
    async (t) => {
      const at = await replicated(t);
      const [ada, ben] = [await at.member(at.nodes[0], 'ada'), await at.member(at.nodes[1], 'ben')];
      const cleo = await at.member(at.nodes[1], 'cleo');
      await ada.ask(add('kept', { n: 0 }));
      await people(ada, ['ada', 'ben', 'cleo']);
      await at.caughtUp();
      await at.promote();
      for (const n of [1, 2, 3]) t.match(await ada.ask(update('kept', { n })), { version: 1 + n });
      await cleo.next(({ toVersion }) => toVersion === 4);
      const { epoch, version, offset } = await cleo.ask({ type: 'requestSync' });
      cleo.socket.terminate();
      const from = [ada.messages.length, ben.messages.length];
      await at.failOver();
      await until(async () => (await ben.ask(update('kept', { other: 0 }))).type === 'ack', 'it goes on');
      for (const [index, one] of [ada, ben].entries()) {
        const state = await one.next(({ type }) => type === 'sceneState', from[index]);
        t.ok(state.version <= 2, 'what was lost is gone');
        t.not(state.epoch, epoch, 'in another life of the log');
      }
      for (const n of [1, 2, 3, 4, 5]) await ben.ask(update('kept', { other: n }));
      const again = await at.member(at.nodes[0], 'cleo', 'room', { since: { epoch, version, offset } });
      const state = await again.next(({ type }) => type === 'sceneState' || type === 'sceneDelta');
      t.match(state, { type: 'sceneState', version: 7, manifest: { items: { kept: { n: 0, other: 5 } } } });
      const one = await ada.ask({ type: 'requestSync' });
      const other = await ben.ask({ type: 'requestSync' });
      t.same([one.epoch, one.version, one.manifest], [other.epoch, other.version, other.manifest]);
    },
  );
});
