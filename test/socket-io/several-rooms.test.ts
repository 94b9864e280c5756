import t, { type Test } from 'tap';
import { comeBackFrom, markOf, update, updates } from './components.ts';
import { breakOff, comeBack, durable, onEach, type Person, type SocketStage } from './stage.ts';

const ids = ['c1', 'c2'];

/** Two users, each in both components. */
async function meet(at: SocketStage): Promise<[Person, Person]> {
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben])
    for (const componentId of ids) await one.ask('component:subscribe', { componentId });
  return [ada, ben];
}

function nothingTwice(t: Test, one: Person): void {
  t.notOk(one.heard().includes('component:updated'), 'nothing came twice');
}

onEach(
  t,
  '[SO14] who has missed nothing has recovered, in however many rooms something has happened',
  async (t, start) => {
    const [ada, ben] = await meet(await start());
    await update(ben, 'c1', 1);
    await update(ben, 'c2', 2);
    t.same(await updates(ada, 2), ['c1 1', 'c2 2']);
    for (const time of ['once', 'and again']) {
      await breakOff(ada);
      t.equal(await comeBack(ada), true, time);
    }
    await update(ben, 'c1', 3);
    await update(ben, 'c2', 4);
    await update(ada, 'c1', 5);
    t.same(await updates(ada, 2), ['c1 3', 'c2 4']);
    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'also after something of its own');
    nothingTwice(t, ada);
  },
);

onEach(t, '[SO14] so it is where one of them is the user’s own', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const [ada, ben] = await meet(at);
  for (const n of [1, 2]) {
    await update(ben, 'c1', n);
    t.same(await updates(ada, 1), [`c1 ${n}`]);
    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'the component was heard last');
    await at.server.publish('user:ada', { event: 'news', data: { n } });
    t.match(await ada.next('news'), { n });
    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'the user’s own room was heard last');
  }
  nothingTwice(t, ada);
});

onEach(t, '[SO14] what was missed in several rooms comes once and in the order of each', async (t, start) => {
  const [ada, ben] = await meet(await start());
  for (const [n, id] of ['c1', 'c2', 'c1'].entries()) await update(ben, id, n);
  await updates(ada, 3);
  await breakOff(ada);
  for (const [n, id] of ['c2', 'c1', 'c2'].entries()) await update(ben, id, 10 + n);
  t.equal(await comeBack(ada), true);
  const missed = await updates(ada, 3);
  t.same(
    ids.map((id) => missed.filter((one) => one.startsWith(id))),
    [['c1 11'], ['c2 10', 'c2 12']],
  );
  await breakOff(ada);
  t.equal(await comeBack(ada), true, 'with what it missed the time before');
  await update(ben, 'c1', 20);
  t.same(await updates(ada, 1), ['c1 20']);
  nothingTwice(t, ada);
});

onEach(t, '[SO14] what was on its way when the connection broke comes again', async (t, start) => {
  const [ada, ben] = await meet(await start());
  await update(ben, 'c2', 0);
  await update(ben, 'c1', 1);
  await updates(ada, 2);
  const mark = markOf(ada);
  await update(ben, 'c2', 2);
  await updates(ada, 1);
  await breakOff(ada);
  t.equal(await comeBackFrom(ada, mark), true);
  t.same(await updates(ada, 1), ['c2 2']);
  await breakOff(ada);
  t.equal(
    await comeBackFrom(ada, mark),
    false,
    'not twice: what it then was served is not known to have come',
  );
});

onEach(t, '[SO14] of a room that was joined later no more is claimed', async (t, start) => {
  const at = await start();
  const [ada, ben] = await meet(at);
  await update(ben, 'c1', 1);
  await update(ben, 'c2', 2);
  await updates(ada, 2);
  const mark = markOf(ada);
  for (const one of [ben, ada]) await one.ask('component:subscribe', { componentId: 'c3' });
  await breakOff(ada);
  t.equal(await comeBack(ada), true, 'nothing has happened there');
  await update(ben, 'c3', 3);
  await updates(ada, 1);
  await breakOff(ada);
  t.equal(await comeBackFrom(ada, mark), false, 'something may be lost');
});

onEach(t, '[SO14] also behind the mark of somebody who came', async (t, start) => {
  const at = await start();
  const [ada, ben] = await meet(at);
  await update(ben, 'c2', 0);
  await update(ben, 'c1', 1);
  await updates(ada, 2);
  const before = markOf(ada);
  const cy = await at.client({ as: 'cy' });
  await cy.ask('component:subscribe', { componentId: 'c1' });
  while ((await ada.next('component:user-joined')).userId !== 'cy');
  const mark = markOf(ada);
  t.not(mark, before);
  await update(ben, 'c2', 2);
  await update(ben, 'c1', 3);
  await updates(ada, 2);
  await breakOff(ada);
  t.equal(await comeBackFrom(ada, mark), true);
  t.same((await updates(ada, 2)).sort(), ['c1 3', 'c2 2']);
  t.notOk(ada.heard().includes('component:user-joined'), 'who came is not told again');
  nothingTwice(t, ada);
});

onEach(
  t,
  '[SO14] also after a restart, where the process could note it before it ended',
  async (t, start) => {
    const at = await start(await durable(t));
    const [ada, ben] = await meet(at);
    for (const [n, id] of ['c1', 'c2', 'c1', 'c2', 'c2'].entries()) await update(ben, id, n);
    await updates(ada, 5);
    const mark = markOf(ada);
    await update(ben, 'c1', 5);
    await updates(ada, 1);
    for (const one of [ada, ben]) one.socket.io.reconnection(false);
    await at.restart();
    await ben.next('disconnect');
    t.equal(await comeBack(ben), true);
    await update(ben, 'c1', 6);
    await update(ben, 'c2', 7);
    await ada.next('disconnect');
    t.equal(await comeBackFrom(ada, mark), true);
    t.same((await updates(ada, 3)).sort(), ['c1 5', 'c1 6', 'c2 7'], 'what was on its way among it');
    await update(ben, 'c2', 8);
    t.same(await updates(ada, 1), ['c2 8']);
    nothingTwice(t, ada);
  },
);
