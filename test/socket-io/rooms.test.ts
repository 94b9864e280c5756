import t from 'tap';
import { onEach } from './stage.ts';

const roomId = 'blueprint-123';
const john = { roomId, userId: 'user-456', userName: 'John Doe' };

onEach(t, 'people in a room meet, talk, point and type', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client(), await at.client({ namespace: '/ws' })];
  one.emit('join_room', john);
  t.same(await one.next('room_joined'), { roomId, users: [{ userId: 'user-456', userName: 'John Doe' }] });
  const joined = await two.ask('join_room', { roomId, userId: 'user-7', userName: 'Jane' });
  t.match(joined, { roomId, users: [{ userId: 'user-456' }, { userId: 'user-7', userName: 'Jane' }] });
  t.match(await one.next('user_joined'), { roomId, userId: 'user-7', userName: 'Jane' });
  for (const [by, other, userId] of [
    [one, two, 'user-456'],
    [two, one, 'user-7'],
  ] as const) {
    by.emit('send_message', { roomId, message: 'Hi' });
    for (const each of [by, other]) t.match(await each.next('message'), { roomId, userId, message: 'Hi' });
    by.emit('cursor_move', { roomId, position: { x: 1, y: 2 } });
    t.match(await other.next('cursor_move'), { roomId, userId, position: { x: 1, y: 2 } });
    by.emit('typing', { roomId, isTyping: true });
    t.match(await other.next('user_typing'), { roomId, userId, isTyping: true });
  }
});

onEach(t, '[SO8] in one namespace the others hear of each', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client(), await at.client()];
  await one.ask('join_room', john);
  await two.ask('join_room', { roomId, userId: 'user-7', userName: 'Jane' });
  const arrived = await one.next('user_joined');
  t.match(arrived, { userId: 'user-7', userName: 'Jane', roomId });
  t.type(arrived.timestamp, 'number');

  two.emit('send_message', {
    roomId,
    message: 'Hi <script>alert(1)</script><b>all</b>',
    type: 'comment',
    metadata: { a: 1 },
  });
  for (const each of [one, two]) {
    const message = await each.next('message');
    t.match(message, { roomId, userId: 'user-7', userName: 'Jane', type: 'comment', metadata: { a: 1 } });
    t.equal(message.message, 'Hi <b>all</b>');
    t.type(message.id, 'string');
    t.type(message.timestamp, 'number');
  }
  two.emit('typing', { roomId, isTyping: true });
  t.match(await one.next('user_typing'), { roomId, userId: 'user-7', userName: 'Jane', isTyping: true });
  const cursor = { position: { x: 150, y: 300 }, selection: { start: 10, end: 25 } };
  two.emit('cursor_move', { roomId, ...cursor });
  t.match(await one.next('cursor_move'), { roomId, userId: 'user-7', userName: 'Jane', ...cursor });
  two.emit('scroll_position', { roomId, scrollPos: 42 });
  t.match(await one.next('scroll_position'), { roomId, userId: 'user-7', scrollPos: 42 });

  const update = {
    roomId,
    blueprintId: 'bp-789',
    changes: { section: 'security', action: 'update', content: '...' },
  };
  two.emit('blueprint_update', update);
  t.match(await one.next('blueprint_update'), { ...update, userId: 'user-7', userName: 'Jane' });

  t.match(await one.ask('operation', { roomId, documentId: 'd', operation: ['hello'], version: 0 }), {
    ok: true,
    version: 1,
  });
  t.match(await two.next('operation'), {
    roomId,
    documentId: 'd',
    operation: ['hello'],
    version: 1,
    userId: 'user-456',
  });
  // One comes with the connection.
  await one.next('pong');
  one.emit('ping');
  await one.next('pong');

  two.emit('leave_room', { roomId });
  t.same(await two.next('room_left'), { roomId });
  const gone = await one.next('user_left');
  t.match(gone, { userId: 'user-7', userName: 'Jane', roomId });
  t.type(gone.timestamp, 'number');
  const unwanted = [
    'error',
    'cursor_move',
    'user_typing',
    'blueprint_update',
    'operation',
    'scroll_position',
  ];
  t.same(
    two.heard().filter((event) => unwanted.includes(event)),
    [],
    'nobody hears of its own doings',
  );
  t.same(
    one.heard().filter((event) => event === 'error'),
    [],
  );
});

onEach(t, 'who closes the page has left', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client(), await at.client()];
  await one.ask('join_room', john);
  await two.ask('join_room', { roomId, userId: 'user-7', userName: 'Jane' });
  two.socket.disconnect();
  t.match(await one.next('user_left'), { userId: 'user-7', userName: 'Jane' });
});

onEach(t, 'what somebody does right before leaving comes before that, under the name', async (t, start) => {
  const at = await start();
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  const roomId = 'blueprint-1';
  for (const one of [ben, ada]) await one.ask('join_room', { roomId });
  await ben.next('user_joined');
  const order: string[] = [];
  ben.socket.onAny((event, { userName }) => order.push(`${event} ${userName}`));
  ada.emit('send_message', { roomId, message: 'bye' });
  const changes = { section: 's', action: 'add', title: 't' };
  ada.emit('blueprint_update', { roomId, blueprintId: 'b', changes });
  ada.emit('operation', { roomId, documentId: 'd', operation: ['x'], version: 0 });
  ada.emit('leave_room', { roomId });
  await ben.next('user_left');
  t.same(order, ['message ADA', 'blueprint_update ADA', 'operation ADA', 'user_left ADA']);
});

onEach(t, 'what is changed in a section may have an id of its own', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client(), await at.client()];
  await one.ask('join_room', john);
  await two.ask('join_room', { roomId, userId: 'user-7', userName: 'Jane' });
  for (const action of ['add', 'update', 'move', 'delete']) {
    const changes = { section: 'security', action, id: 'component-7', content: '...' };
    const answer = await two.ask('blueprint_update', { roomId, blueprintId: 'bp-789', changes });
    t.match(answer, { ok: true }, action);
    t.match(await one.next('blueprint_update'), { blueprintId: 'bp-789', changes });
  }
});

onEach(t, '[XO1] what is said and changed under one opId is heard once', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client(), await at.client()];
  await one.ask('join_room', john);
  await two.ask('join_room', { roomId, userId: 'user-7', userName: 'Jane' });
  const changes = { section: 'security', action: 'update', content: '...' };
  for (const [event, said, heard] of [
    ['send_message', { roomId, message: 'once', opId: 'said' }, 'message'],
    ['blueprint_update', { roomId, blueprintId: 'bp-789', changes, opId: 'changed' }, 'blueprint_update'],
  ] as const) {
    const first = await two.ask(event, said);
    t.match(first, { ok: true, opId: said.opId });
    t.same(await two.ask(event, said), first, 'the repeat has the same answer');
    await one.next(heard);
  }
  two.emit('send_message', { roomId, message: 'last' });
  t.match(await one.next('message'), { message: 'last' });
  t.notOk(one.heard().includes('blueprint_update'));
});

onEach(t, '[SO8] a room in which other words are spoken is not joined as one of these', async (t, start) => {
  const at = await start();
  const one = await at.client({ as: 'ada' });
  for (const id of ['component:vpc', 'entity:stack:7', 'project:p1']) {
    const answer = await one.ask('join_room', { roomId: id });
    t.match(answer, { ok: false, code: 'INVALID_FIELD', path: 'roomId' }, id);
    t.match(answer.expected, /component:/);
  }
  t.match(await one.ask('join_room', { roomId: 'components' }), { ok: true });
});
