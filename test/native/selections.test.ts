import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { add, ofType, type Person, remove, type Stage, selected, stage, update } from './person.ts';

const select = { type: 'select', planetId: 'p' };
const unselect = { type: 'unselect', planetId: 'p' };

t.test('[SL1] selection_state lists who has selected what, the holder first', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ben.ask(select);
  await ada.ask(select);
  await ada.ask({ type: 'select', planetId: 'q' });
  for (const one of [ada, ben]) {
    const news = await one.news();
    t.same(selected(news), { p: ['ben', 'ada'], q: ['ada'] });
    t.equal(ofType(news, 'selection_state').at(-1)?.roomId, 'room');
  }
  await ben.ask(unselect);
  t.same(selected(await ada.news()), { p: ['ada'], q: ['ada'] });
});

t.test('[SL1] it is sent when it changes, and at most once a tick', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(select);
  await ben.news();
  for (let count = 0; count < 3; count++) ada.send(select);
  ada.send({ type: 'unselect', planetId: 'never selected' });
  ben.send({ type: 'message', text: 'marker' });
  t.same(ofType(await ben.news(), 'selection_state'), [], 'nothing changed');
  for (let count = 0; count < 50; count++) ada.send({ type: 'select', planetId: `p${count}` });
  t.ok(ofType(await ben.news(), 'selection_state').length <= 2);
  t.equal(Object.keys(selected(ben.heard()) ?? {}).length, 51);
});

t.test('[SL2] others may select it, too, and are told who holds it', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(select);
  ben.send({ ...select, ref: 7 });
  const news = await ben.news();
  t.hasStrict(ofType(news, 'ack')[0], { op: 'select', ok: true, ref: 7 });
  t.strictSame(ofType(news, 'conflict'), [
    {
      type: 'conflict',
      roomId: 'room',
      planetId: 'p',
      lockedBy: 'ada',
      reason: 'locked',
      op: 'select',
      ref: 7,
    },
  ]);
  t.same(ofType(await ada.news(), 'conflict'), [], 'only the one who selects is told');
});

t.test('[SL3] an operation on an item that somebody else holds is refused with conflict', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('p', { color: 'red' }));
  await ada.ask(select);
  const before = await ben.ask({ type: 'requestSync' });
  await Promise.all([ada.news(), ben.news()]);
  const both = { type: 'sceneOperation', operations: [add('new').operation, remove('p').operation] };
  for (const command of [update('p', { color: 'blue' }), remove('p'), add('p'), both]) {
    const conflict = await ben.ask({ ...command, opId: `op-${Math.random()}` });
    t.hasStrict(conflict, { type: 'conflict', op: 'sceneOperation', planetId: 'p', lockedBy: 'ada' });
    t.match(conflict.opId, /^op-/);
  }
  const after = await ben.ask({ type: 'requestSync' });
  t.same({ ...after, ref: 0 }, { ...before, ref: 0 });
  t.same(ofType(await ada.news(), 'sceneDelta'), []);
  t.hasStrict(await ada.ask(update('p', { color: 'blue' })), { type: 'ack' }, 'the holder may');
  t.hasStrict(
    await (await at.member('ada')).ask(update('p', { color: 'red' })),
    { type: 'ack' },
    'in any tab',
  );
  t.hasStrict(await ben.ask(update('p', {})), { type: 'conflict' });
});

async function beat(at: Stage, seconds: number, ...alive: Person[]): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    for (const one of alive) one.send({ type: 'heartbeat' });
    await at.pass(1000, 200);
  }
}

t.test('[SL4] a lock ends LOCK_TTL_MS after it was taken; a heartbeat renews it', async (t) => {
  const at = await stage(t, { LOCK_TTL_MS: '30000' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(select);
  await ben.ask({ type: 'select', planetId: 'q' });
  for (let second = 0; second < 29; second++) {
    ada.send({ type: 'typing', isTyping: true });
    ben.send({ type: 'heartbeat' });
    await at.pass(1000, 200);
  }
  await at.pass(500);
  t.same(selected(await ben.news()), { p: ['ada'], q: ['ben'] });
  await beat(at, 2, ben);
  t.same(selected(await ben.news()), { q: ['ben'] }, 'other messages do not renew it, a heartbeat does');
  await beat(at, 40, ben);
  t.same(selected(ben.heard()), { q: ['ben'] });
});

t.test('[SL4] the default is five minutes', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const ben = await at.member('ben');
  await ada.ask(select);
  const sign = async (ms: number) => {
    for (let left = ms; left > 0; left -= 10_000) {
      ada.send({ type: 'typing', isTyping: false });
      ben.send({ type: 'heartbeat' });
      await at.pass(10_000, 1000);
    }
  };
  await sign(290_000);
  t.same(selected(ben.heard()), { p: ['ada'] });
  await sign(20_000);
  t.same(selected(ben.heard()), {});
});

t.test('[SL4] who comes next in line has the whole time from then on', async (t) => {
  const at = await stage(t, { LOCK_TTL_MS: '30000' });
  const [ada, ben, cy] = [await at.member('ada'), await at.member('ben'), await at.member('cy')];
  await ada.ask(select);
  await beat(at, 20, ada, cy);
  await ben.ask(select);
  await beat(at, 20, ada, cy);
  await ada.ask(unselect);
  t.same(selected(await cy.news()), { p: ['ben'] });
  for (let second = 0; second < 20; second++) {
    ben.send({ type: 'typing', isTyping: true });
    cy.send({ type: 'heartbeat' });
    await at.pass(1000, 200);
  }
  t.same(selected(cy.heard()), { p: ['ben'] }, 'took the lock 20 s ago');
});

t.test('[SL4] a lock still ends by time when letting go of it was refused', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, { LOCK_TTL_MS: '30000' }, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(select);
  log.failing = true;
  t.hasStrict(await ada.ask(unselect), { code: 'LOG_UNAVAILABLE' });
  log.failing = false;
  for (let second = 0; second < 35; second++) {
    ada.send({ type: 'typing', isTyping: true });
    ben.send({ type: 'heartbeat' });
    await at.pass(1000, 200);
  }
  t.same(selected(ben.heard()), {});
});

t.test('[SL4] nothing expires that was never held', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, { LOCK_TTL_MS: '30000', MAX_SELECTIONS: '1' }, { log });
  const ada = await at.member('ada');
  await ada.ask(select);
  for (let count = 0; count < 20; count++) {
    t.hasStrict(await ada.ask({ type: 'select', planetId: `q${count}` }), { code: 'LIMIT_EXCEEDED' });
  }
  for (let second = 0; second < 35; second++) {
    ada.send({ type: 'typing', isTyping: true });
    await at.pass(1000, 200);
  }
  t.equal(log.entries.filter((one) => one.type === 'expire').length, 1, 'refused selections keep no timers');
});

t.test('[SL5] when the holder unselects, leaves or expires, the next in line holds the lock', async (t) => {
  const at = await stage(t, { LOCK_TTL_MS: '30000', HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' });
  const names = ['ada', 'ben', 'cy', 'dee', 'eve'];
  const people = [];
  for (const name of names) people.push(await at.member(name));
  const [ada, ben, cy, dee, eve] = people as [Person, Person, Person, Person, Person];
  await eve.ask(add('p'));
  for (const one of people) await one.ask(select);
  t.same(selected(await eve.news()), { p: names });

  await ada.ask(unselect);
  t.same(selected(await eve.news()), { p: ['ben', 'cy', 'dee', 'eve'] });
  t.hasStrict(await ada.ask(update('p', { a: 1 })), { type: 'conflict', lockedBy: 'ben' });
  await ben.ask({ type: 'leave' });
  t.same(selected(await eve.news()), { p: ['cy', 'dee', 'eve'] });
  cy.wire.close();
  t.same(selected(await eve.news()), { p: ['dee', 'eve'] });
  dee.wire.close(false);
  await beat(at, 11, eve, ada);
  t.same(selected(await eve.news()), { p: ['eve'] }, 'after the grace');
  t.hasStrict(await eve.ask(update('p', { a: 1 })), { type: 'ack' });
});

t.test('[SL6] at no time do two users hold one lock', async (t) => {
  const at = await stage(t);
  const people: Person[] = [];
  for (let count = 0; count < 8; count++) people.push(await at.member(`u${count}`));
  await people[0]?.ask(add('p'));
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    return seed % below;
  };
  for (let round = 0; round < 60; round++) {
    for (const one of people) one.send(random(2) === 0 ? select : unselect);
    await at.pass(16);
    const attempts = await Promise.all(people.map((one) => one.ask(update('p', { round }))));
    const lines = people.map((one) => selected(one.heard())?.p ?? []);
    const [first = []] = lines;
    for (const line of lines) t.same(line, first);
    const accepted = attempts.flatMap((answer, index) => (answer.type === 'ack' ? [`u${index}`] : []));
    t.same(accepted, first.length === 0 ? people.map((_, index) => `u${index}`) : [first[0]]);
  }
});
