import t from 'tap';
import { connect } from '../support/client.ts';
import { onEach, tokenOf } from './stage.ts';

const componentId = 'c1';

onEach(t, '[SO9] subscribers of a component hear what others do to it', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  t.match(await ada.ask('component:subscribe', { componentId }), { ok: true, componentId });
  await ben.ask('component:subscribe', { componentId });
  t.match(await ada.next('component:user-joined'), { userId: 'ben', userEmail: 'ben@example.org' });

  ada.emit('component:update', { componentId, updates: { title: 'T' } });
  const updated = await ben.next('component:updated');
  t.match(updated, { componentId, updates: { title: 'T' }, updatedBy: 'ada' });
  t.equal(new Date(updated.timestamp).toISOString(), updated.timestamp);

  const nested = { componentId, rowId: 'r1', nestedComponentId: 'n1' };
  ada.emit('component:nested-create', {
    componentId,
    rowId: 'r1',
    nestedComponent: { id: 'n1', kind: 'text' },
  });
  for (const each of [ada, ben]) {
    t.match(await each.next('component:nested-created'), {
      componentId,
      rowId: 'r1',
      nestedComponent: { id: 'n1', kind: 'text' },
      createdBy: 'ada',
    });
  }
  ben.emit('component:nested-update', { ...nested, updates: { kind: 'image' } });
  t.match(await ada.next('component:nested-updated'), {
    ...nested,
    updates: { kind: 'image' },
    updatedBy: 'ben',
  });
  ben.emit('component:nested-delete', nested);
  for (const each of [ada, ben]) {
    t.match(await each.next('component:nested-deleted'), { ...nested, deletedBy: 'ben' });
  }
  ada.emit('component:typing', { componentId });
  t.match(await ben.next('component:typing'), { componentId, userId: 'ada', userEmail: 'ada@example.org' });
  ben.emit('component:unsubscribe', { componentId });
  t.match(await ada.next('component:user-left'), { userId: 'ben', userEmail: 'ben@example.org' });
  for (const each of [ada, ben]) {
    t.same(
      each.heard().filter((event) => event === 'error' || event === 'component:updated'),
      [],
    );
  }
});

onEach(
  t,
  'of an entity, subscribers hear of themselves, and of cursors in its components',
  async (t, start) => {
    const at = await start();
    const entity = { entityType: 'page', entityId: 'page-123' };
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    ada.emit('component:subscribe', entity);
    t.match(await ada.next('component:user-joined'), { userId: 'ada' });
    await ben.ask('component:subscribe', { ...entity, componentId });
    t.match(await ada.next('component:user-joined'), { userId: 'ben' });
    ben.emit('component:cursor', { ...entity, componentId, position: { line: 3, ch: 4 } });
    t.match(await ada.next('component:cursor'), { componentId, userId: 'ben', position: { line: 3, ch: 4 } });
  },
);

onEach(
  t,
  '[SO9] of a component and an entity at once neither is heard where one is refused',
  async (t, start) => {
    const entity = { entityType: 'page', entityId: 'shut' };
    const at = await start(
      { MAX_CONNECTION_ROOMS: '2' },
      { authorize: (_, __, roomId) => (roomId.endsWith('shut') ? false : undefined) },
    );
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    await ada.ask('component:subscribe', { componentId });
    const refused = await ben.ask('component:subscribe', { ...entity, componentId });
    t.match(refused, { ok: false, code: 'FORBIDDEN', event: 'component:subscribe' });
    const say = (one: typeof ada) => one.ask('component:update', { componentId, updates: { title: 'T' } });
    t.match(await say(ben), { ok: false, code: 'NOT_JOINED' });
    await ben.ask('component:subscribe', { componentId: 'c2' });
    const open = { ...entity, entityId: 'open' };
    t.match(await ben.ask('component:subscribe', { ...open, componentId }), {
      ok: false,
      code: 'TOO_MANY_ROOMS',
    });
    t.match(await say(ada), { ok: true });
    t.match(await say(ben), { ok: false, code: 'NOT_JOINED' });
    t.notOk(ben.heard().includes('component:updated'));
    // What it was in before, it stays in.
    t.match(await ben.ask('component:subscribe', { ...entity, componentId: 'c2' }), { ok: false });
    t.match(await ben.ask('component:update', { componentId: 'c2', updates: {} }), { ok: true });
  },
);

onEach(t, '[SO9] who has left one of both before leaves the other', async (t, start) => {
  const at = await start();
  const entity = { entityType: 'page', entityId: 'page-123' };
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  await ada.ask('component:subscribe', entity);
  await ben.ask('component:subscribe', { ...entity, componentId });
  const leave = (what: object) => ben.ask('component:unsubscribe', what);
  t.match(await leave({ componentId }), { ok: true });
  t.match(await leave({ ...entity, componentId }), { ok: true });
  t.match(await ada.next('component:user-left'), { userId: 'ben', ...entity });
  t.match(await leave({ ...entity, componentId }), { ok: false, code: 'NOT_JOINED' });
});

onEach(t, '[SO4] whichever of its two rooms is refused, the error names its event', async (t, start) => {
  const at = await start({ MAX_ROOM_USERS: '1' });
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  await ada.ask('component:subscribe', { componentId });
  ben.emit('component:subscribe', { entityType: 'page', entityId: 'page-123', componentId });
  t.match(await ben.next('error'), { ok: false, code: 'ROOM_FULL', event: 'component:subscribe' });
});

onEach(
  t,
  '[SO9] where one of both is full, the other is heard, and it is told which is not',
  async (t, start) => {
    const at = await start({ MAX_ROOM_USERS: '1' });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    const entity = { entityType: 'page', entityId: 'page-123' };
    await ada.ask('component:subscribe', { componentId });
    t.match(await ben.ask('component:subscribe', { ...entity, componentId }), { ok: true, ...entity });
    t.match(await ben.next('error'), { code: 'ROOM_FULL', event: 'component:subscribe', componentId });
    t.match(await ben.ask('component:cursor', { ...entity, position: null }), { ok: true });
    t.match(await ben.ask('component:update', { componentId, updates: {} }), { code: 'NOT_JOINED' });
    const other = { ...entity, componentId: 'c2' };
    t.match(await ada.ask('component:subscribe', other), { ok: false, code: 'ROOM_FULL' });
    t.match(await ada.ask('component:update', { componentId: 'c2', updates: {} }), { ok: true });
    t.notOk(ada.heard().includes('error'));
  },
);

onEach(t, '[SO12] who stops typing in other words is not said to be typing', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('component:subscribe', { componentId });
  const ben = await connect(at.server.port, { path: `/ws?token=${await tokenOf('ben')}` });
  await ben.ask({ type: 'join', roomId: `component:${componentId}` });
  await ben.ask({ type: 'typing', isTyping: true });
  await ada.next('component:typing');
  await ben.ask({ type: 'typing', isTyping: false });
  await ben.ask({ type: 'cursor', position: [1, 2] });
  await ada.next('component:cursor');
  // What was sent with that has come.
  await ada.ask('ping');
  t.notOk(ada.heard().includes('component:typing'));
  await ben.close();
});

onEach(t, '[ID1] nobody is shown under an address that the token does not say', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('component:subscribe', { componentId });
  const mallory = await connect(at.server.port, { path: `/ws?token=${await tokenOf('mallory')}` });
  const user = { name: 'The boss', email: 'boss@example.org' };
  await mallory.ask({ type: 'join', roomId: `component:${componentId}`, user });
  t.match(await ada.next('component:user-joined'), {
    userId: 'mallory',
    userEmail: 'mallory@example.org',
  });
  // Who does not show it is not shown with it.
  await mallory.ask({ type: 'join', roomId: 'elsewhere', user: {} });
  const { users } = await mallory.next((one) => one.type === 'presence' && one.roomId === 'elsewhere');
  t.notHas(users[0], { email: String });
  await mallory.close();
});

onEach(
  t,
  '[SO9] who has not subscribed is refused whatever it says of a component',
  async (t, start) => {
    const ada = await (await start()).client({ as: 'ada' });
    const nested = { componentId, rowId: 'r1', nestedComponentId: 'n1' };
    for (const [event, data] of [
      ['component:update', { componentId, updates: {} }],
      ['component:nested-create', { componentId, rowId: 'r1', nestedComponent: { id: 'n1' } }],
      ['component:nested-update', { ...nested, updates: {} }],
      ['component:nested-delete', nested],
      ['component:typing', { componentId }],
      ['component:cursor', { componentId, position: { x: 1, y: 2 } }],
    ] as const)
      t.match(await ada.ask(event, data), { ok: false, code: 'NOT_JOINED' }, event);
  },
  ['websocket only'],
);

onEach(t, '[SO12] what somebody types at within a component is not taken for one', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('component:subscribe', { componentId });
  const ben = await connect(at.server.port, { path: `/ws?token=${await tokenOf('ben')}` });
  await ben.ask({ type: 'join', roomId: `component:${componentId}` });
  await ben.ask({ type: 'typing', isTyping: true, target: 'title' });
  t.match(await ada.next('component:typing'), { componentId, userId: 'ben' });
  await ben.ask({ type: 'cursor', position: [1, 2], target: 'title' });
  t.match(await ada.next('component:cursor'), { componentId, userId: 'ben' });
  await ben.close();
});
