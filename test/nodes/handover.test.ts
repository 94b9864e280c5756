import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { add, update } from '../native/person.ts';
import { noRedis, until } from '../support/redis.ts';
import { latest, nodesStage, people } from './stage.ts';

t.setTimeout(120_000);
/** Waits until a node has seen the others; `nodes` counts itself, too. */
async function knowing({ port }: { port: number }, nodes = 2): Promise<void> {
  const metrics = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await until(async () => (await metrics()).includes(`tandem_nodes ${nodes}\n`), 'it knows of the others');
}

const ready = async ({ port }: { port: number }) => (await fetch(`http://127.0.0.1:${port}/ready`)).status;

t.test('[ND10] a node knows at once of one that comes', { skip: noRedis }, async (t) => {
  const at = await nodesStage(t);
  const beats = { intervalMs: 600_000, goneAfterMs: 1_800_000 };
  const a = await at.node({}, { beats });
  const b = await at.node({}, { beats });
  await knowing(a);
  await knowing(b);
  t.pass('without waiting for a beat');
});

t.test('a node that goes down', { skip: noRedis }, async (t) => {
  t.test('[ND10] says so first, and serves on meanwhile', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node({ HANDOVER_MS: '6000' }), await at.node()];
    await knowing(a);
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    await people(ben, ['ada', 'ben']);
    const closing = a.close();
    t.equal(await ready(a), 503);
    t.match(await ada.ask(add('i', { n: 1 })), { type: 'ack', version: 1 });
    const eve = await at.member(a, 'eve');
    t.match(await eve.ask(update('i', { n: 2 })), { type: 'ack', version: 2 }, 'who comes is let in');
    const response = await fetch(`http://127.0.0.1:${a.port}/health`);
    t.equal(response.headers.get('connection'), 'close', 'and requests do not stay with it');
    for (const { closed } of [ada, eve]) {
      const { code, reason } = await closed;
      t.equal(code, 4000);
      t.ok(JSON.parse(reason).retryAfterMs <= 500, 'soon, elsewhere');
    }
    await closing;
  });

  t.test('[ND10] who comes back in time has its place and its lock, and nobody saw it go', async (t) => {
    const at = await nodesStage(t);
    const [a, b] = [await at.node({ HANDOVER_MS: '6000' }), await at.node()];
    await knowing(a);
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    const { epoch } = await ada.ask({ type: 'requestSync' });
    await ada.ask(add('i', { n: 1 }));
    await ada.ask({ type: 'select', planetId: 'i' });
    await people(ben, ['ada', 'ben']);
    await until(() => latest(ben, 'selection_state')?.selected.i?.[0] === 'ada');
    const seen = ben.messages.length;
    const closing = a.close();
    await ada.closed;
    await ben.ask(add('j'));
    const back = await at.member(b, 'ada', 'room', { since: { epoch, version: 1, offset: 1 } });
    await closing;
    await back.next(({ type, fromVersion }) => type === 'sceneDelta' && fromVersion === 1);
    t.match(await ben.ask(update('i', { n: 2 })), { type: 'conflict', lockedBy: 'ada' });
    t.match(await back.ask(update('i', { n: 3 })), { type: 'ack' });
    const told = ben.messages.slice(seen).filter(({ type }) => type === 'presence');
    t.ok(
      told.every(({ users }) => users.length === 2),
      'both were there all the time',
    );
  });

  t.test('[ND10] lets nobody in any more once it sends people away', async (t) => {
    const at = await nodesStage(t);
    const [a] = [await at.node({ HANDOVER_MS: '3000' }), await at.node()];
    await knowing(a);
    const all = await Promise.all(['ada', 'ben', 'cem'].map((userId) => at.member(a, userId)));
    const closing = a.close();
    await Promise.race(all.map(({ closed }) => closed));
    await t.rejects(at.member(a, 'ada'), { code: 'ECONNREFUSED' });
    await closing;
  });

  t.test(
    '[ND10] sends people away little by little, and waits for nobody who does not come back',
    async (t) => {
      const at = await nodesStage(t);
      const [a, b] = [await at.node({ HANDOVER_MS: '1500' }), await at.node()];
      await knowing(a);
      const ben = await at.member(b, 'ben');
      const closedAt = new Set<number>();
      const crowd = [];
      for (let index = 0; index < 20; index++) {
        const one = await at.member(a, `u${index}`);
        crowd.push(one.closed.then(() => closedAt.add(Math.round(performance.now() / 40))));
      }
      await a.close();
      await Promise.all(crowd);
      t.ok(closedAt.size > 4, `at ${closedAt.size} different times`);
      await people(ben, ['ben']);
      t.pass('who did not come back has left');
    },
  );

  t.test('[ND10] does so also while a room is written in without a pause', async (t) => {
    const at = await nodesStage(t);
    const [a] = [await at.node({ HANDOVER_MS: '1500' }), await at.node()];
    await knowing(a);
    const closedAt = new Set<number>();
    const crowd = [];
    for (let index = 0; index < 20; index++) {
      const one = await at.member(a, `u${index}`);
      crowd.push(one.closed.then(() => closedAt.add(Math.round(performance.now() / 40))));
    }
    let isOver = false;
    async function write(): Promise<void> {
      while (!isOver) {
        // With each turn: when one is stored others wait.
        a.publish('busy', { event: 'e', data: 1 }).catch(() => {});
        await setImmediate();
      }
    }
    const writing = write();
    await a.close();
    isOver = true;
    await Promise.all([...crowd, writing]);
    t.ok(closedAt.size > 4, `at ${closedAt.size} different times`);
  });

  t.test('[ND10] sends everybody away at once where nobody else is there', async (t) => {
    const at = await nodesStage(t);
    const a = await at.node({ HANDOVER_MS: '600000' });
    const ada = await at.member(a, 'ada');
    await a.close();
    t.equal((await ada.closed).code, 4000);
  });

  t.test('[ND10] so it does where all others go down with it, and where it hears so only then', async (t) => {
    const at = await nodesStage(t);
    const start = () => at.node({ HANDOVER_MS: '600000' });
    const [a, b, c] = [await start(), await start(), await start()];
    for (const one of [a, b, c]) await knowing(one, 3);
    const [ada, ben] = [await at.member(a, 'ada'), await at.member(b, 'ben')];
    const closing = a.close([b.nodeId]);
    t.equal(await ready(a), 503);
    t.match(await ada.ask(add('i')), { type: 'ack' }, 'one stays, for which it waits');
    await Promise.all([a.close([c.nodeId]), closing, b.close([a.nodeId, c.nodeId])]);
    for (const { closed } of [ada, ben]) t.equal((await closed).code, 4000);
  });
});
