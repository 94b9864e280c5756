import t from 'tap';
import { add, ofType, present, stage, types } from './person.ts';
import { createUnsureLog } from './unsure-log.ts';

t.test('[ER6] a command to which the log gives no answer is shown if it was stored, and once', async (t) => {
  const log = createUnsureLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.news();
  log.unsure = true;
  const command = { ...add('i', { n: 1 }), opId: 'one' };
  t.match(await ada.ask(command), { type: 'error', code: 'OUTCOME_UNKNOWN', opId: 'one' });
  t.same(await ben.news(), [], 'nobody has seen it');
  await log.store();
  t.same(types(await ben.news()), ['sceneDelta']);
  log.unsure = false;
  t.match(await ada.ask(command), { type: 'ack', version: 1, opId: 'one' });
  t.same(await ben.news(), []);
});

t.test('[ER6] who leaves does so, also where the log gives no answer', async (t) => {
  const log = createUnsureLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.news();
  log.unsure = true;
  ben.send({ type: 'leave' });
  await at.settle();
  log.unsure = false;
  await log.store();
  await at.pass(1000);
  const left = ofType(ada.look(), 'presence');
  t.equal(left.length, 1, 'once');
  t.same(
    left[0]?.users.map((user: { userId: string }) => user.userId),
    ['ada'],
  );
});

for (const which of ['before it is tried again', 'after that']) {
  t.test(`[ER6] a leave to which the log gives no answer is answered once, if stored ${which}`, async (t) => {
    const log = createUnsureLog();
    const at = await stage(t, {}, { log });
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    log.unsure = true;
    ben.send({ type: 'leave', ref: 'away' });
    await at.settle();
    log.unsure = false;
    if (which === 'before it is tried again') await log.store();
    await at.pass(1000);
    await log.store();
    await at.pass(1000);
    const answers = ben.heard().filter(({ ref }) => ref === 'away');
    t.same(types(answers), ['ack']);
    t.same(present(ada.look()), ['ada']);
  });
}

t.test(
  '[ER6] a join that was repeated, for want of an answer, and is stored twice counts once',
  async (t) => {
    const log = createUnsureLog();
    const at = await stage(t, {}, { log });
    const [ada, ben] = [await at.member('ada'), at.person()];
    log.unsure = true;
    t.match(await ben.join('room', 'ben'), { type: 'error', code: 'OUTCOME_UNKNOWN' });
    log.unsure = false;
    t.match(await ben.join('room', 'ben'), { type: 'ack' });
    await ben.ask({ type: 'select', planetId: 'mars' });
    await ada.news();
    await log.store();
    const told = await ada.news();
    t.same(ofType(told, 'selection_state'), [], 'who has joined keeps what is selected');
    for (const { users } of ofType(told, 'presence'))
      t.same(
        users.map((user: { userId: string }) => user.userId),
        ['ada', 'ben'],
        'and stays',
      );
  },
);

t.test(
  '[ND3] [ER6] who is taken for dead again, while it is not known whether it is back, is in the room in the end',
  async (t) => {
    const log = createUnsureLog();
    const at = await stage(t, {}, { log });
    const [ada, ben] = [await at.member('ada'), await at.member('ben')];
    await ada.news();
    await ben.news();
    log.unsure = true;
    await log.bury();
    await at.settle();
    log.unsure = false;
    await log.store();
    await log.bury();
    await at.pass(3000);
    t.match(await ada.ask(add('i')), { type: 'ack', version: 1 });
    t.equal(ofType(await ben.news(), 'sceneDelta').length, 1);
    const [{ users } = { users: [] }] = ofType(ada.look(), 'presence').slice(-1);
    t.same(users.map((user: { userId: string }) => user.userId).sort(), ['ada', 'ben']);
  },
);
