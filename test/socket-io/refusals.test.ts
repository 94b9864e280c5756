import t from 'tap';
import { onEach } from './stage.ts';

onEach(t, '[SO3] a callback is answered, whatever its event is called', async (t, start) => {
  const at = await start();
  const one = await at.client();
  for (const name of ['', 'a\u0000b', '\ud800', 'a#7', '#', 'x'.repeat(190), 'x'.repeat(5000)]) {
    t.match(await one.ask(name, {}), { ok: false, code: 'UNKNOWN_TYPE' }, JSON.stringify(name.slice(0, 9)));
  }
  t.notOk(one.heard().includes('error'));
});

onEach(t, '[ER2] [SG3] a signal that is too large is refused, also where it is signed', async (t, start) => {
  const at = await start();
  const one = await at.client();
  await one.ask('join_room', { roomId: 'r' });
  const cursor = { roomId: 'r', position: { x: 1 }, signature: 's'.repeat(2000) };
  t.match(await one.ask('cursor_move', cursor), { ok: false, code: 'INVALID_FIELD', path: 'signature' });
});

onEach(t, '[ER2] what is wrong within a change is named as its sender calls it', async (t, start) => {
  const at = await start();
  const one = await at.client();
  await one.ask('join_room', { roomId: 'r' });
  await one.ask('component:subscribe', { componentId: 'c' });
  const transform = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`axis${n}`, n]));
  const nested = { componentId: 'c', rowId: 'row' };
  const changes = { section: 's', action: 'update', transform };
  for (const [event, change, path] of [
    ['component:update', { componentId: 'c', updates: { transform } }, 'updates.transform'],
    [
      'component:nested-update',
      { ...nested, nestedComponentId: 'n', updates: { transform } },
      'updates.transform',
    ],
    [
      'component:nested-create',
      { ...nested, nestedComponent: { id: 'n', transform } },
      'nestedComponent.transform',
    ],
    ['blueprint_update', { roomId: 'r', blueprintId: 'b', changes }, 'changes.transform'],
  ] as const) {
    const expected = { ok: false, code: 'INVALID_FIELD', path, expected: 'at most 64 values' };
    t.match(await one.ask(event, change), expected, event);
  }
});

onEach(t, '[SO4] what the room itself refuses is named as its sender calls it, too', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId: 'r' });
  const guest = await at.client();
  const refused = await guest.ask('join_room', { roomId: 'r', userId: 'ada' });
  t.hasStrict(refused, { ok: false, code: 'IDENTITY_MISMATCH', path: 'userId' });
  guest.emit('join_room', { roomId: 'r', userId: 'ada' });
  t.hasStrict(await guest.next('error'), { code: 'IDENTITY_MISMATCH', path: 'userId', event: 'join_room' });
  const ben = await at.client({ as: 'ben', namespace: '/scenes' });
  await ben.ask('joinScene', { projectId: 'p', sceneId: 's' });
  const missing = { type: 'update', target: 'item', id: 'none', data: {} };
  t.hasStrict(await ben.ask('sceneOperation', missing), { code: 'NOT_FOUND', path: 'id' });
  t.hasStrict(await ben.ask('sceneOperation', { operations: [missing] }), { path: 'operations[0].id' });
});

onEach(t, '[SO4] what a room refuses names it, in the words of its application', async (t, start) => {
  const at = await start({ MAX_ROOM_USERS: '1' });
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  const [cy, dee] = [
    await at.client({ as: 'cy', namespace: '/scenes' }),
    await at.client({ as: 'dee', namespace: '/scenes' }),
  ];
  const [roomId, componentId] = ['r', 'c'];
  const entity = { entityType: 'page', entityId: 'page-123' };
  const scene = { projectId: 'p', sceneId: 's:1' };
  await ada.ask('join_room', { roomId });
  await ada.ask('component:subscribe', { componentId });
  await ada.ask('component:subscribe', entity);
  await cy.ask('joinScene', scene);
  for (const [one, event, data, place, code] of [
    [ben, 'join_room', { roomId }, { roomId }, 'ROOM_FULL'],
    [ben, 'component:subscribe', { componentId }, { componentId }, 'ROOM_FULL'],
    [ben, 'component:subscribe', entity, entity, 'ROOM_FULL'],
    [dee, 'joinScene', scene, scene, 'ROOM_FULL'],
    [cy, 'sceneOperation', { type: 'remove', target: 'item', id: 'none' }, scene, 'NOT_FOUND'],
  ] as const) {
    one.emit(event, data);
    t.match(await one.next('error'), { ok: false, code, event, ...place });
  }
  t.notOk(ben.heard().includes('room_left'));
});

onEach(t, '[SO4] what may be left out may be null', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada' });
  const ben = await at.client({ as: 'ben', namespace: '/scenes' });
  const guest = await at.client();
  const roomId = 'r';
  const entity = { entityType: 'page', entityId: 'page-123' };
  const changes = { section: 's', action: 'add' };
  for (const [one, event, data] of [
    [ada, 'join_room', { roomId, userId: null, userName: null }],
    [guest, 'join_room', { roomId, userId: null, userName: null }],
    [ada, 'send_message', { roomId, message: 'm', type: null, metadata: null, opId: null, signature: null }],
    [ada, 'operation', { roomId, documentId: 'd', operation: ['x'], version: 0, opId: null }],
    [ada, 'blueprint_update', { roomId, blueprintId: 'b', changes, opId: null }],
    [ada, 'component:subscribe', { componentId: 'c', entityType: null, entityId: null }],
    [ada, 'component:subscribe', { ...entity, componentId: null }],
    [ada, 'component:cursor', { ...entity, componentId: null, position: { x: 1 } }],
    [ada, 'component:update', { componentId: 'c', updates: { a: null }, opId: null }],
    [ada, 'component:unsubscribe', { ...entity, componentId: null }],
    [ben, 'joinScene', { projectId: 'p', sceneId: 's' }],
    [ben, 'sceneOperation', { type: 'add', target: 'item', data: { id: 'i' }, version: null, opId: null }],
    [ben, 'sceneOperation', { type: 'remove', target: 'item', id: 'i', data: null, operations: null }],
    [ben, 'sceneOperation', { type: 'add', target: 'item', id: null, data: { id: 'j' } }],
    [ben, 'sceneOperation', { type: 'update', target: 'scene', id: null, data: { a: null } }],
    [
      ben,
      'sceneOperation',
      {
        operations: [
          { type: 'remove', target: 'item', id: 'j', data: null },
          { type: 'add', target: 'item', id: null, data: { id: 'k' } },
          { type: 'update', target: 'scene', id: null, data: { a: 1 } },
        ],
      },
    ],
    [ben, 'requestSync', { version: null }],
  ] as const)
    t.match(await one.ask(event, data), { ok: true }, event);
  t.match(await ada.next('room_joined'), { users: [{ userId: 'ada', userName: 'ADA' }] });
  t.match(await ben.ask('sceneOperation', { type: 'add', target: null, data: {} }), { path: 'target' });
  for (const operations of [[null], ['x'], 'x'])
    t.match(await ben.ask('sceneOperation', { operations }), { ok: false, code: 'INVALID_FIELD' });
  t.match(await ada.ask('typing', { roomId, isTyping: null }), { ok: false, path: 'isTyping' });
  t.match(await ada.ask('send_message', { roomId, message: null }), { ok: false, path: 'message' });
});
