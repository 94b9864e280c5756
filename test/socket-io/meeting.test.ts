import t, { type Test } from 'tap';
import { connect, type TestClient } from '../support/client.ts';
import { onEach, Person, type SocketStage, tokenOf } from './stage.ts';

async function nativeIn(t: Test, at: SocketStage, roomId: string): Promise<TestClient> {
  const headers = { authorization: `Bearer ${await tokenOf('native')}` };
  const one = await connect(at.server.port, { headers });
  t.teardown(() => one.close());
  t.match(await one.ask({ type: 'join', roomId, scene: true }), { type: 'ack' });
  return one;
}

/** Waits until a native client sees exactly these people. */
function people(one: TestClient, ...ids: string[]) {
  const names = (message: object) =>
    ((message as { users?: { userId: string }[] }).users ?? []).map(({ userId }) => userId).sort();
  return one.next((message) => message.type === 'presence' && names(message).join() === ids.sort().join());
}

const operationFrom = (one: TestClient, id: string) =>
  one.next(
    ({ type, operations }) =>
      type === 'sceneDelta' && (operations as { id?: string }[]).some((each) => each.id === id),
  );

onEach(t, '[SO12] a native client and one of scenes see each other and one scene', async (t, start) => {
  const at = await start();
  const native = await nativeIn(t, at, 'scene:p:s');
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  ada.emit('joinScene', { projectId: 'p', sceneId: 's' });
  t.match(await ada.next('sceneJoined'), { users: [{ userId: 'native' }, { userId: 'ada' }] });
  await people(native, 'native', 'ada');
  const operation = (id: string) => ({ type: 'add', target: 'item', id, data: { a: 1 } });
  await native.ask({ type: 'sceneOperation', operation: operation('n') });
  t.match(await ada.next('sceneDelta'), { delta: { toVersion: 1, operations: [operation('n')] } });
  t.match(await ada.ask('sceneOperation', operation('s')), { version: 2 });
  await operationFrom(native, 's');
  await native.ask({ type: 'select', planetId: 'n' });
  const update = { type: 'update', target: 'item', id: 'n', data: { a: 2 } };
  t.match(await ada.ask('sceneOperation', update), { ok: false, code: 'CONFLICT', lockedBy: 'native' });
  native.socket.close();
  t.match(await ada.next('userLeft'), { userId: 'native' });
});

onEach(t, '[SO12] a native client and one of rooms talk, type, point and write', async (t, start) => {
  const at = await start();
  const roomId = 'blueprint-123';
  const native = await nativeIn(t, at, roomId);
  const ada = await at.client({ as: 'ada' });
  t.match(await ada.ask('join_room', { roomId }), { users: [{ userId: 'native' }, { userId: 'ada' }] });
  await people(native, 'native', 'ada');
  await native.ask({ type: 'message', text: 'from native' });
  t.match(await ada.next('message'), { userId: 'native', message: 'from native', roomId });
  ada.emit('send_message', { roomId, message: 'from rooms' });
  t.match(await native.next((one) => one.type === 'message' && one.userId === 'ada'), { text: 'from rooms' });
  native.send({ type: 'typing', isTyping: true });
  t.match(await ada.next('user_typing'), { userId: 'native', userName: 'NATIVE', isTyping: true });
  native.send({ type: 'cursor', position: { x: 1, y: 2 } });
  t.match(await ada.next('cursor_move'), { userId: 'native', position: { x: 1, y: 2 } });
  ada.emit('cursor_move', { roomId, position: { x: 3, y: 4 } });
  t.match(await native.nextOf('cursor'), { userId: 'ada', position: { x: 3, y: 4 } });
  await native.ask({ type: 'operation', documentId: 'd', operation: ['one'], version: 0 });
  t.match(await ada.next('operation'), { documentId: 'd', operation: ['one'], version: 1, userId: 'native' });
  await ada.ask('operation', { roomId, documentId: 'd', operation: ['two'], version: 0 });
  t.match(await native.nextOf('operation'), { operation: ['two'], version: 2, userId: 'ada' });

  const changes = { section: 'security', action: 'update', content: '...' };
  ada.emit('blueprint_update', { roomId, blueprintId: 'bp', changes });
  t.match(await native.nextOf('event'), { event: 'blueprint_update', data: { changes }, userId: 'ada' });
  await operationFrom(native, 'bp/security');
  const operation = { type: 'update', target: 'item', id: 'bp/security', data: { content: 'new' } };
  await native.ask({ type: 'sceneOperation', operation });
  t.match(await ada.next('blueprint_update'), {
    roomId,
    blueprintId: 'bp',
    changes: { section: 'security', action: 'update', content: 'new' },
  });
  t.notOk(ada.heard().includes('error'));
});

onEach(t, '[SO12] a native client and one of components change one component', async (t, start) => {
  const at = await start();
  const native = await nativeIn(t, at, 'component:c1');
  const ada = await at.client({ as: 'ada' });
  t.match(await ada.ask('component:subscribe', { componentId: 'c1' }), { users: [{ userId: 'native' }, {}] });
  await people(native, 'native', 'ada');
  ada.emit('component:update', { componentId: 'c1', updates: { title: 'T' } });
  t.match(await native.nextOf('event'), { event: 'component:updated', data: { updates: { title: 'T' } } });
  const change = async (operation: object, event: string, expected: object) => {
    await native.ask({ type: 'sceneOperation', operation });
    t.match(await ada.next(event), { componentId: 'c1', ...expected });
  };
  const item = { target: 'item', id: 'r1/n1' };
  const nested = { rowId: 'r1', nestedComponentId: 'n1' };
  await change({ type: 'update', target: 'scene', data: { title: 'U' } }, 'component:updated', {
    updates: { title: 'U' },
  });
  await change({ type: 'add', ...item, data: { kind: 'text' } }, 'component:nested-created', {
    rowId: 'r1',
    nestedComponent: { id: 'n1', kind: 'text' },
  });
  await change({ type: 'update', ...item, data: { kind: 'image' } }, 'component:nested-updated', {
    ...nested,
    updates: { kind: 'image' },
  });
  await change({ type: 'remove', ...item }, 'component:nested-deleted', nested);
});

onEach(t, '[SG3] a cursor of rooms and components is where they say, whatever that is', async (t, start) => {
  const at = await start();
  const native = await nativeIn(t, at, 'r');
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const each of [ada, ben]) {
    await each.ask('join_room', { roomId: 'r' });
    await each.ask('component:subscribe', { componentId: 'c1' });
  }
  for (const position of [42, '3:4', [1], [{ line: 1 }], { line: 3, ch: 4 }, false, null]) {
    ada.emit('cursor_move', { roomId: 'r', position });
    t.same((await ben.next('cursor_move')).position, position);
    t.same((await native.nextOf('cursor')).position, position);
    ada.emit('component:cursor', { componentId: 'c1', position });
    t.same((await ben.next('component:cursor')).position, position);
  }
  for (const [event, room] of [
    ['cursor_move', { roomId: 'r' }],
    ['component:cursor', { componentId: 'c1' }],
  ] as const) {
    const answer = await ada.ask(event, { ...room, position: 'x'.repeat(10_000) });
    t.match(answer, { ok: false, code: 'INVALID_FIELD', path: 'position' }, event);
  }
  t.match(await native.ask({ type: 'cursor', position: 42 }), { code: 'INVALID_FIELD', path: 'position' });
});

onEach(t, '[SO9] a row may have any id, and each component in it is an item of its own', async (t, start) => {
  const at = await start();
  const native = await nativeIn(t, at, 'component:c1');
  const ada = await at.client({ as: 'ada' });
  await ada.ask('component:subscribe', { componentId: 'c1' });
  for (const [rowId, id, item] of [
    ['row:1', 'n', 'row:1/n'],
    ['a', 'b/c', 'a/b/c'],
    ['a/b', 'c', 'a~1b/c'],
    ['a~1b', 'c', 'a~01b/c'],
  ] as const) {
    const component = { componentId: 'c1', rowId };
    const nested = { ...component, nestedComponentId: id };
    t.match(await ada.ask('component:nested-create', { ...component, nestedComponent: { id, of: rowId } }), {
      ok: true,
    });
    await operationFrom(native, item);
    const operation = { type: 'update', target: 'item', id: item, data: { seen: true } };
    await native.ask({ type: 'sceneOperation', operation });
    t.match(await ada.next('component:nested-updated'), { ...nested, updates: { seen: true } });
    t.match(await ada.ask('component:nested-update', { ...nested, updates: { seen: false } }), { ok: true });
    await operationFrom(native, item);
    t.match(await ada.ask('component:nested-delete', nested), { ok: true });
    await operationFrom(native, item);
  }
});

onEach(t, 'a blueprint may have any id, and each of its sections is an item of its own', async (t, start) => {
  const at = await start();
  const native = await nativeIn(t, at, 'r');
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId: 'r' });
  for (const [blueprintId, section, item] of [
    ['a', 'b/c', 'a/b/c'],
    ['a/b', 'c', 'a~1b/c'],
  ] as const) {
    const changes = { section, action: 'add', by: 'ada' };
    t.match(await ada.ask('blueprint_update', { roomId: 'r', blueprintId, changes }), { ok: true });
    await operationFrom(native, item);
    await native.ask({ type: 'sceneOperation', operation: { type: 'remove', target: 'item', id: item } });
    t.match(await ada.next('blueprint_update'), { blueprintId, changes: { section, action: 'delete' } });
  }
});

onEach(t, '[SO12] a native client and one of projects watch one project', async (t, start) => {
  const at = await start();
  await at.server.projects.put('p1', { ownerId: 'ada', members: ['native'], active: true });
  const native = await nativeIn(t, at, 'project:p1');
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join-project', { projectId: 'p1' });
  await people(native, 'native', 'ada');
  await native.ask({ type: 'relay', event: 'session-started', data: { sessionId: 's' } });
  t.same(await ada.next('session-started'), { sessionId: 's' });
});

onEach(
  t,
  '[SO12] the same room in different applications is one, each in its own words',
  async (t, start) => {
    const at = await start();
    const native = await nativeIn(t, at, 'scene:p:s');
    const scenes = await at.client({ namespace: '/scenes', as: 'ada' });
    await scenes.ask('joinScene', { projectId: 'p', sceneId: 's' });
    const rooms: Person[] = [
      await at.client({ as: 'ben' }),
      await at.client({ namespace: '/ws', as: 'eve' }),
    ];
    for (const one of rooms) await one.ask('join_room', { roomId: 'scene:p:s' });
    await people(native, 'native', 'ada', 'ben', 'eve');
    for (const userId of ['ben', 'eve']) t.match(await scenes.next('userJoined'), { userId });
    rooms[0]?.emit('send_message', { roomId: 'scene:p:s', message: 'to all' });
    for (const one of rooms) t.match(await one.next('message'), { userId: 'ben', message: 'to all' });
    t.match(await native.nextOf('message'), { userId: 'ben', text: 'to all' });
    await native.ask({ type: 'leave' });
    for (const one of rooms) t.match(await one.next('user_left'), { userId: 'native' });
    t.match(await scenes.next('userLeft'), { userId: 'native' });
    t.notOk(scenes.heard().includes('message'), 'it has no word for it');
  },
);

onEach(
  t,
  '[SO12] [SO1] a page hears in one namespace what it does in another one, as anybody does',
  async (t, start) => {
    const at = await start();
    const roomId = 'blueprint-1';
    const root = await at.client({ as: 'ada' });
    const other = new Person(root.socket.io.socket('/ws', { auth: root.socket.auth as object }));
    for (const one of [root, other]) await one.ask('join_room', { roomId });
    root.emit('operation', { roomId, documentId: 'd', operation: ['x'], version: 0 });
    t.match(await other.next('operation'), { documentId: 'd', operation: ['x'], version: 1 });
    root.emit('typing', { roomId, isTyping: true });
    t.match(await other.next('user_typing'), { userId: 'ada' });
    await other.ask('send_message', { roomId, message: 'done' });
    await root.next('message');
    t.notOk(
      root.heard().some((event) => ['operation', 'user_typing'].includes(event)),
      'nor twice',
    );
  },
);
