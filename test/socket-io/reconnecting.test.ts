import t from 'tap';
import { createGatedLog } from '../native/gated-log.ts';
import { durable, onEach, Person } from './stage.ts';

t.setTimeout(550_000);

const soon = { reconnectionDelay: 50, reconnectionDelayMax: 200 };
const scene = { projectId: 'p', sceneId: 's' };
const roomId = 'blueprint-123';
const chair = { type: 'add', target: 'item', id: 'chair', data: { model: 'm' } };

/** As the applications' clients do. */
function onConnect(one: Person, event: string, data: object): void {
  one.socket.on('connect', () => one.emit(event, data));
}

onEach(t, '[SO5] after a restart clients come back by themselves, and all is there', async (t, start) => {
  const at = await start(await durable(t));
  const editor = await at.client({ namespace: '/scenes', as: 'ada', ...soon });
  onConnect(editor, 'joinScene', scene);
  const talker = await at.client({ as: 'ben', ...soon });
  onConnect(talker, 'join_room', { roomId });
  const watcher = await at.client({ as: 'eve', ...soon });
  onConnect(watcher, 'component:subscribe', { componentId: 'c1' });
  await editor.next('sceneJoined');
  await talker.next('room_joined');
  t.match(await editor.ask('sceneOperation', chair), { ok: true, version: 1 });
  t.match(await talker.ask('operation', { roomId, documentId: 'd', operation: ['one'], version: 0 }), {
    version: 1,
  });
  await watcher.ask('component:update', { componentId: 'c1', updates: { title: 'T' } });

  const people = [editor, talker, watcher];
  for (const one of people) await one.next('connect');
  const ids = people.map(({ socket }) => socket.id);
  await at.restart();
  // Over long-polling it is an error where the farewell came between two polls.
  for (const one of people) t.match(await one.next('disconnect'), /^transport (close|error)$/);
  for (const one of people) await one.next('connect');
  for (const [index, { socket }] of people.entries()) t.not(socket.id, ids[index], 'as another socket');

  t.match(await editor.next('sceneJoined'), {
    version: 1,
    manifest: { items: { chair: { model: 'm' } } },
    users: [{ userId: 'ada' }],
  });
  t.match(await talker.next('room_joined'), { roomId, users: [{ userId: 'ben' }] }, 'without ghosts');
  t.match(await editor.ask('sceneOperation', { ...chair, id: 'lamp' }), { ok: true, version: 2 });
  t.match(await talker.ask('operation', { roomId, documentId: 'd', operation: [3, '!'], version: 1 }), {
    version: 2,
  });
  t.match(await watcher.ask('component:update', { componentId: 'c1', updates: { a: 1 } }), { version: 2 });
  for (const one of people) t.notOk(one.heard().includes('error'));
});

onEach(t, '[SO5] who arrives while the server goes down comes back by itself', async (t, start) => {
  const log = createGatedLog();
  const at = await start({}, { log });
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId });
  log.hold();
  ada.emit('send_message', { roomId, message: 'm' });
  while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
  const closed = at.server.close();
  const late = new Person(ada.socket.io.socket('/scenes', { auth: ada.socket.auth as object }));
  t.match(await ada.next('disconnect'), /^transport (close|error)$/);
  t.ok(late.socket.active, 'after a refusal it would stay away');
  late.socket.disconnect();
  log.release();
  await closed;
});

onEach(t, 'an operation is applied once, though its answer was lost with the server', async (t, start) => {
  const at = await start(await durable(t));
  const ada = await at.client({ namespace: '/scenes', as: 'ada', ...soon });
  onConnect(ada, 'joinScene', scene);
  await ada.next('sceneJoined');
  const operation = { ...chair, opId: 'op-1' };
  t.match(await ada.ask('sceneOperation', operation), { version: 1 });
  await at.restart();
  await ada.next('disconnect');
  await ada.next('sceneJoined');
  t.same(await ada.ask('sceneOperation', operation), { ok: true, version: 1, opId: 'op-1' });
});

onEach(t, 'volatile events arrive while there is a connection, and only then', async (t, start) => {
  const at = await start(await durable(t));
  const ada = await at.client({ as: 'ada', ...soon });
  onConnect(ada, 'join_room', { roomId });
  const ben = await at.client({ as: 'ben', ...soon });
  onConnect(ben, 'join_room', { roomId });
  for (const one of [ada, ben]) await one.next('room_joined');
  const point = (x: number) => ada.socket.volatile.emit('cursor_move', { roomId, position: { x, y: 0 } });
  // The client itself drops one while a request of its is on its way.
  const arrives = async (x: number) => {
    for (;;) {
      point(x);
      for (const one of [ada, ben]) await one.ask('typing', { roomId, isTyping: false });
      while (ben.heard().includes('cursor_move')) {
        const { position } = await ben.next('cursor_move');
        if (position.x === x) return;
        t.not(position.x, 2, 'what was sent meanwhile is gone');
      }
    }
  };
  await arrives(1);
  await at.restart();
  await ada.next('disconnect');
  // The client itself keeps one where its transport is there again, and its namespace is not.
  if (!ada.socket.io.engine.transport.writable) point(2);
  for (const one of [ada, ben]) await one.next('room_joined');
  await arrives(3);
  t.pass('both times');
});

onEach(t, 'what nobody answers runs into the client’s own timeout', async (t, start) => {
  const at = await start();
  const ada = await at.client({ as: 'ada', ...soon, reconnection: false });
  await ada.next('connect');
  await at.server.close();
  await ada.next('disconnect');
  await t.rejects(ada.socket.timeout(50).emitWithAck('join_room', { roomId }), /timed out/);
});

onEach(t, '[SO4] bytes in an event of these applications are refused by name', async (t, start) => {
  const at = await start();
  const [ada, eve] = [await at.client({ as: 'ada' }), await at.client({ namespace: '/scenes', as: 'eve' })];
  await ada.ask('join_room', { roomId });
  await eve.ask('joinScene', scene);
  const bytes = Buffer.from([1, 2, 3]);
  const changes = { section: 's', action: 'add', content: bytes };
  const refused = { ok: false, code: 'BINARY_DATA' };
  t.match(await ada.ask('blueprint_update', { roomId, blueprintId: 'b', changes }), {
    ...refused,
    path: 'changes.content',
    event: 'blueprint_update',
  });
  t.match(await ada.ask('send_message', { roomId, message: bytes }), { ...refused, path: 'message' });
  t.match(await ada.ask('analytics_events', [1, bytes]), refused);
  t.match(await eve.ask('sceneOperation', { ...chair, data: { mesh: bytes } }), {
    ...refused,
    path: 'data.mesh',
  });
  ada.emit('send_message', bytes);
  t.match(await ada.next('error'), { ...refused, event: 'send_message' });
  t.match(await ada.ask('send_message', { roomId, message: 'text' }), { ok: true }, 'and it goes on');
});

onEach(t, 'over the rate limit an error says when to try again', async (t, start) => {
  const at = await start({ RATE_LIMIT: '5/10s' });
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join_room', { roomId });
  for (let count = 0; count < 6; count++) ada.emit('send_message', { roomId, message: 'm' });
  const error = await ada.next('error');
  t.match(error, { code: 'RATE_LIMITED', event: 'send_message' });
  t.ok(error.retryAfterMs > 0);
  t.match(await ada.ask('typing', { roomId, isTyping: true }), { ok: true }, 'the connection lives on');
});

onEach(t, '[SO5] ten times the limit disconnects, and the others stay', async (t, start) => {
  const at = await start({ RATE_LIMIT: '5/10s' });
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ben, ada]) await one.ask('join_room', { roomId });
  for (let count = 0; count < 60; count++) ada.emit('send_message', { roomId, message: 'm' });
  t.equal(await ada.next('disconnect'), 'io server disconnect');
  t.notOk(ada.socket.active, 'it does not come back by itself');
  t.match(await ben.next('user_left'), { userId: 'ada' });
  t.ok(ben.socket.connected);
});
