import t from 'tap';
import { connect } from '../support/client.ts';
import { comeBackFrom, markOf, update, updates } from './components.ts';
import { breakOff, comeBack, durable, onEach, type Person, type SocketStage, tokenOf } from './stage.ts';

/** Two users in some components. */
async function meet(at: SocketStage, ...ids: string[]): Promise<[Person, Person]> {
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) for (const componentId of ids) await enter(one, componentId);
  return [ada, ben];
}

function enter(one: Person, componentId: string): Promise<unknown> {
  return one.ask('component:subscribe', { componentId });
}

function leave(one: Person, componentId: string): Promise<unknown> {
  return one.ask('component:unsubscribe', { componentId });
}

/** Hears something in c1, and goes from there to c2. */
async function goOn(ada: Person, ben: Person): Promise<void> {
  await update(ben, 'c1', 1);
  await updates(ada, 1);
  await leave(ada, 'c1');
  for (const one of [ben, ada]) await enter(one, 'c2');
}

onEach(
  t,
  '[SO14] who has left the room that it heard last gets all that it missed in the next',
  async (t, start) => {
    const [ada, ben] = await meet(await start(), 'c1');
    await goOn(ada, ben);
    await breakOff(ada);
    for (const [n, id] of ['c2', 'c1', 'c2'].entries()) await update(ben, id, n);
    t.equal(await comeBack(ada), true);
    t.same(await updates(ada, 2), ['c2 0', 'c2 2']);
    await update(ben, 'c1', 3);
    await update(ben, 'c2', 4);
    t.same(await updates(ada, 1), ['c2 4'], 'and nothing of the one that it left');
  },
);

onEach(t, '[SO14] also what was on its way when the connection broke', async (t, start) => {
  const [ada, ben] = await meet(await start(), 'c1');
  await goOn(ada, ben);
  const mark = markOf(ada);
  await update(ben, 'c2', 2);
  await updates(ada, 1);
  await breakOff(ada);
  t.equal(await comeBackFrom(ada, mark), true);
  t.same(await updates(ada, 1), ['c2 2']);
});

onEach(t, '[SO14] it has recovered however often its connection breaks in silence', async (t, start) => {
  const [ada, ben] = await meet(await start(), 'c1');
  await goOn(ada, ben);
  for (const time of ['once', 'and again', 'and again']) {
    await breakOff(ada);
    t.equal(await comeBack(ada), true, time);
  }
  await update(ben, 'c2', 2);
  t.same(await updates(ada, 1), ['c2 2']);
});

onEach(t, '[SO14] in the rooms beside nothing comes twice, and nothing is lost', async (t, start) => {
  const [ada, ben] = await meet(await start(), 'c0', 'c1');
  await update(ben, 'c0', 0);
  await updates(ada, 1);
  await goOn(ada, ben);
  await breakOff(ada);
  await update(ben, 'c0', 2);
  await update(ben, 'c2', 3);
  t.equal(await comeBack(ada), true);
  t.same((await updates(ada, 2)).sort(), ['c0 2', 'c2 3']);
  t.notOk(ada.heard().includes('component:updated'));
});

onEach(t, '[SO14] nor is anything of a room that was joined behind what was heard last', async (t, start) => {
  const [ada, ben] = await meet(await start(), 'c1');
  await update(ben, 'c1', 1);
  await updates(ada, 1);
  for (const one of [ben, ada]) await enter(one, 'c2');
  await breakOff(ada);
  await update(ben, 'c2', 2);
  await update(ben, 'c1', 3);
  t.equal(await comeBack(ada), true);
  t.same((await updates(ada, 2)).sort(), ['c1 3', 'c2 2']);
});

onEach(t, '[SO14] so does who had to leave the room that it heard last', async (t, start) => {
  const at = await start();
  const project = { ownerId: 'ada', members: ['ben'], active: true };
  await at.server.projects.put('p', project);
  const [ada, ben] = await meet(at, 'c1');
  await ada.ask('join-project', { projectId: 'p' });
  const headers = { authorization: `Bearer ${await tokenOf('ben')}` };
  const backend = await connect(at.server.port, { headers });
  t.teardown(() => backend.close());
  await backend.ask({ type: 'join', roomId: 'project:p' });
  await backend.ask({ type: 'relay', roomId: 'project:p', event: 'event-received', data: {} });
  await ada.next('event-received');
  await at.server.projects.put('p', { ...project, active: false });
  t.match(await ada.next('error'), { code: 'PROJECT_INACTIVE' });
  await breakOff(ada);
  await update(ben, 'c1', 1);
  t.equal(await comeBack(ada), true);
  t.same(await updates(ada, 1), ['c1 1']);
});

onEach(t, '[SO14] so it is after a restart', async (t, start) => {
  const at = await start(await durable(t));
  const [ada, ben] = await meet(at, 'c0', 'c1');
  await update(ben, 'c0', 0);
  await updates(ada, 1);
  await goOn(ada, ben);
  for (const one of [ada, ben]) one.socket.io.reconnection(false);
  await at.restart();
  await ben.next('disconnect');
  t.equal(await comeBack(ben), true);
  await update(ben, 'c0', 2);
  await update(ben, 'c2', 3);
  await ada.next('disconnect');
  t.equal(await comeBack(ada), true);
  t.same((await updates(ada, 2)).sort(), ['c0 2', 'c2 3']);
});
