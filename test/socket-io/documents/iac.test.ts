import { type as textType } from 'ot-text-unicode';
import type { Socket } from 'socket.io-client';
import t from 'tap';
import type { TextOperation } from '../../../protocol/index.ts';
import { connect } from '../../support/client.ts';
import { onEach, Person, type SocketStage, tokenOf } from '../stage.ts';

const roomId = 'blueprint-123';
type User = { userId: string; userName: string };

class RoomPresence {
  readonly users = new Map<string, User>();

  constructor(socket: Socket) {
    socket.on('user_joined', (data: User) => this.users.set(data.userId, data));
    socket.on('user_left', (data: User) => this.users.delete(data.userId));
  }

  getActiveUsers() {
    return Array.from(this.users.values());
  }

  getUserCount() {
    return this.users.size;
  }
}

onEach(t, 'presence follows who comes and goes', async (t, start) => {
  const at = await start();
  const ada = await at.client();
  await ada.ask('join_room', { roomId, userId: 'ada', userName: 'Ada' });
  const presence = new RoomPresence(ada.socket);
  const others = await Promise.all(['ben', 'eve', 'kim'].map(() => at.client()));
  for (const [index, name] of ['ben', 'eve', 'kim'].entries()) {
    await others[index]?.ask('join_room', { roomId, userId: name, userName: name.toUpperCase() });
    await ada.next('user_joined');
  }
  t.equal(presence.getUserCount(), 3);
  t.match(presence.getActiveUsers()[0], { userId: 'ben', userName: 'BEN', roomId, timestamp: Number });
  others[0]?.emit('leave_room', { roomId });
  await ada.next('user_left');
  others[1]?.socket.disconnect();
  await ada.next('user_left');
  t.same([...presence.users.keys()], ['kim']);
});

/**
 * Sends at once what is typed; its version is that of the latest operation of others. Beside what its application
 * shows of it, it forgets those of its own that others have had, and moves the rest along: without that no two texts
 * stay the same, whatever the server does.
 */
class CollaborativeEditor {
  version = 0;
  text = '';
  pendingOps: TextOperation[] = [];
  heard = 0;
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('operation', (data) => this.handleOperation(data));
  }

  applyLocalOperation(operation: TextOperation) {
    this.text = textType.apply(this.text, operation);
    this.#socket.emit('operation', { roomId, documentId: 'doc', operation, version: this.version });
    this.pendingOps.push(operation);
  }

  handleOperation(data: { operation: TextOperation; version: number }) {
    // The versions that others do not have are those of its own.
    this.pendingOps.splice(0, data.version - this.version - 1);
    let theirs = data.operation;
    this.pendingOps = this.pendingOps.map((mine) => {
      // What comes to the server later stands first: here that is mine.
      const next = textType.transform(mine, theirs, 'left') as TextOperation;
      theirs = textType.transform(theirs, mine, 'right') as TextOperation;
      return next;
    });
    this.text = textType.apply(this.text, theirs);
    this.version = data.version;
    this.heard += 1;
  }
}

onEach(t, '[SO3] [TX6] editors who type at once have the same text in the end', async (t, start) => {
  const at = await start();
  const people = await Promise.all([at.client(), at.client(), at.client()]);
  for (const [index, one] of people.entries()) {
    await one.ask('join_room', { roomId, userId: `u${index}`, userName: `U${index}` });
  }
  const editors = people.map(({ socket }) => new CollaborativeEditor(socket));
  for (let round = 0; round < 10; round++) {
    for (const [index, editor] of editors.entries()) {
      const middle = Math.floor([...editor.text].length / 2);
      editor.applyLocalOperation(middle === 0 ? [`${index}`] : [middle, `${index}${round}`]);
    }
    // Some of it arrives between, and some does not.
    if (round % 3 === 2) await people[round % 2]?.next('operation');
  }
  for (const [index, editor] of editors.entries()) {
    while (editor.heard < 20) await people[index]?.next('operation');
  }
  const [first] = editors;
  t.equal([...(first?.text ?? '')].length, 54);
  for (const { text } of editors) t.equal(text, first?.text);
});

class WebSocketManager {
  socket!: Socket;
  lastPong: number | undefined;
  heartbeatInterval: NodeJS.Timeout | undefined;
  /** What its clock has gone on by itself. */
  aheadMs = 0;
  readonly #stage: SocketStage;

  constructor(stage: SocketStage) {
    this.#stage = stage;
    this.connect();
  }

  connect() {
    this.socket = this.#stage.io(this.#stage.url(''), { reconnectionDelay: 100, reconnectionDelayMax: 500 });
    this.socket.on('connect', () => this.startHeartbeat());
    this.socket.on('disconnect', () => this.stopHeartbeat());
    this.socket.on('pong', () => {
      this.lastPong = this.now();
    });
  }

  now(): number {
    return Date.now() + this.aheadMs;
  }

  startHeartbeat() {
    this.heartbeatInterval = setInterval(() => {
      const timeSinceLastPong = this.now() - (this.lastPong || this.now());
      if (timeSinceLastPong > 30_000) {
        this.socket.disconnect();
        this.connect();
      } else this.socket.emit('ping');
    }, 20);
  }

  stopHeartbeat() {
    clearInterval(this.heartbeatInterval);
    this.heartbeatInterval = undefined;
  }

  disconnect() {
    this.stopHeartbeat();
    this.socket.disconnect();
  }
}

onEach(t, 'the event `ping` is answered by `pong`, each time', async (t, start) => {
  const at = await start();
  const one = new WebSocketManager(at);
  t.teardown(() => one.disconnect());
  const person = new Person(one.socket);
  for (let beat = 0; beat < 4; beat++) await person.next('pong');
  t.ok((one.lastPong ?? 0) > 0);
  one.disconnect();
  t.equal(await person.next('disconnect'), 'io client disconnect');
  t.equal(one.heartbeatInterval, undefined);
  one.connect();
  const again = new Person(one.socket);
  for (let beat = 0; beat < 2; beat++) await again.next('pong');
});

onEach(t, 'after a long outage the heartbeat goes on, and the connection stays', async (t, start) => {
  const at = await start();
  const one = new WebSocketManager(at);
  t.teardown(() => one.disconnect());
  const person = new Person(one.socket);
  await person.next('connect');
  for (let beat = 0; beat < 2; beat++) await person.next('pong');
  one.socket.io.engine.close();
  await person.next('disconnect');
  one.aheadMs += 31_000;
  await person.next('connect');
  while (person.heard().includes('pong')) await person.next('pong');
  for (let beat = 0; beat < 2; beat++) await person.next('pong');
  t.notOk(person.heard().includes('disconnect'));
});

class EventBatcher {
  #queue: object[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #flush: (queue: object[]) => void;

  constructor(socket: Socket, event: string) {
    this.#flush = (queue) => socket.emit(event, queue);
  }

  add(data: object) {
    this.#queue.push(data);
    this.#timer ??= setTimeout(() => {
      this.#flush(this.#queue);
      this.#queue = [];
      this.#timer = undefined;
    }, 10);
  }
}

onEach(t, 'batches of analytics arrive whole', async (t, start) => {
  const got: unknown[] = [];
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const onAnalytics = (events: readonly unknown[]) => {
    got.push(...events);
    if (got.length === 2) arrived();
  };
  const at = await start({}, { onAnalytics });
  const one = await at.client();
  const batcher = new EventBatcher(one.socket, 'analytics_events');
  batcher.add({ type: 'page_view', page: '/dashboard' });
  batcher.add({ type: 'button_click', button: 'export' });
  await arrival;
  t.same(got, [
    { type: 'page_view', page: '/dashboard' },
    { type: 'button_click', button: 'export' },
  ]);
  t.notOk(one.heard().includes('error'));
});

type Pooled = Socket & { rooms: Set<string> };

class SocketPool {
  readonly sockets: Pooled[] = [];
  readonly #roomToSocket = new Map<string, Pooled>();
  readonly #open: () => Socket;
  readonly #maxSockets: number;

  constructor(open: () => Socket, maxSockets: number) {
    this.#open = open;
    this.#maxSockets = maxSockets;
  }

  getSocketForRoom(room: string): Pooled {
    const known = this.#roomToSocket.get(room);
    if (known !== undefined) return known;
    const socket = this.sockets.reduce(
      (min, one) => (one.rooms.size < min.rooms.size ? one : min),
      this.sockets[0] ?? this.createSocket(),
    );
    socket.rooms.add(room);
    this.#roomToSocket.set(room, socket);
    return socket;
  }

  createSocket(): Pooled {
    if (this.sockets.length >= this.#maxSockets) throw new Error('Maximum socket pool size reached');
    const socket = Object.assign(this.#open(), { rooms: new Set<string>() });
    this.sockets.push(socket);
    return socket;
  }
}

onEach(t, 'one socket is in many rooms, and hears of each which it is', async (t, start) => {
  const at = await start();
  const pool = new SocketPool(() => at.io(at.url('')), 2);
  pool.createSocket();
  pool.createSocket();
  const rooms = ['r1', 'r2', 'r3', 'r4'];
  const people = new Map(pool.sockets.map((socket) => [socket, new Person(socket)]));
  const inRoom = (room: string) => people.get(pool.getSocketForRoom(room)) as Person;
  for (const room of rooms) {
    const user = { userId: `user-${pool.sockets.indexOf(pool.getSocketForRoom(room))}`, userName: 'U' };
    t.match(await inRoom(room).ask('join_room', { roomId: room, ...user }), { roomId: room, users: [user] });
  }
  t.same(
    pool.sockets.map(({ rooms }) => rooms.size),
    [2, 2],
  );
  for (const room of rooms) inRoom(room).emit('send_message', { roomId: room, message: `to ${room}` });
  for (const room of rooms) {
    t.match(await inRoom(room).next('message'), { roomId: room, message: `to ${room}` });
  }
});

onEach(
  t,
  '[SO3] an event with a callback is answered in time, and an error comes by it too',
  async (t, start) => {
    const at = await start();
    const one = await at.client({ as: 'ada' });
    const emitWithTimeout = (event: string, data: object, timeout = 5000) =>
      new Promise<object>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('Event timeout')), timeout);
        one.socket.emit(event, data, (response: object) => {
          clearTimeout(timer);
          resolve(response);
        });
      });
    t.same(await emitWithTimeout('join_room', { roomId }), {
      ok: true,
      roomId,
      users: [{ userId: 'ada', userName: 'ADA' }],
    });
    t.match(await emitWithTimeout('typing', { roomId, isTyping: true }), { ok: true });
    t.match(await emitWithTimeout('typing', { roomId, isTyping: 7 }), { ok: false, path: 'isTyping' });
    t.match(await emitWithTimeout('send_message', { roomId, message: 'm' }), { ok: true });
    t.match(await emitWithTimeout('join_room', {}), { ok: false, code: 'INVALID_FIELD', path: 'roomId' });
    t.match(await emitWithTimeout('join_room', { roomId, userId: 'ben' }), { code: 'IDENTITY_MISMATCH' });
    t.notOk(one.heard().includes('error'), 'it comes once');
  },
);

onEach(t, 'sections of a blueprint are kept: added, updated, moved, deleted', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const each of [one, two]) await each.ask('join_room', { roomId });
  const update = (action: string, more: object = {}) => ({
    roomId,
    blueprintId: 'bp-789',
    changes: { section: 'security', action, ...more },
  });
  const updates = [
    update('add', { content: '...' }),
    update('update', { content: 'new' }),
    update('move', { position: 2, from: 1 }),
    update('delete'),
  ];
  for (const each of updates) one.emit('blueprint_update', each);
  for (const each of updates) {
    const got = await two.next('blueprint_update');
    t.match(got, { ...each, userId: 'ada', userName: 'ADA' });
    t.type(got.timestamp, 'number');
  }
  t.match(await one.ask('blueprint_update', update('paint')), { ok: false, path: 'changes.action' });
  t.match(await one.ask('blueprint_update', { roomId, blueprintId: 'b' }), { ok: false, path: 'changes' });
});

onEach(t, '[SO11] a notification for a user arrives wherever the user is connected', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client({ as: 'ada' }), await at.client({ as: 'ada', namespace: '/ws' })];
  const other = await at.client({ as: 'ben' });
  for (const each of [one, two, other]) t.match(await each.ask('join_room', { roomId }), { roomId });
  const native = await connect(at.server.port, {
    headers: { authorization: `Bearer ${await tokenOf('ada')}` },
  });
  t.teardown(() => native.close());
  await native.ask({ type: 'join', roomId: 'user:ada' });
  const data = {
    id: 'n1',
    title: 'Done',
    message: 'Deployed',
    type: 'success',
    priority: 'low',
    read: false,
  };
  await native.ask({ type: 'relay', roomId: 'user:ada', event: 'notification', data });
  t.match(await one.next('notification'), data);
  t.match(await two.next('notification'), data);
  await other.ask('typing', { roomId, isTyping: true });
  t.notOk(other.heard().includes('notification'));
});

onEach(t, '[SO2] a session cookie lets in from an allowed origin, and from no other', async (t, start) => {
  const at = await start({ AUTH: 'required', CORS_ORIGIN: 'https://app.example' });
  const cookie = `token=${await tokenOf('ada')}`;
  const from = (origin: string) =>
    at.client({ withCredentials: true, extraHeaders: { cookie, origin }, reconnection: false });
  const one = await from('https://app.example');
  t.match(await one.ask('join_room', { roomId }), { users: [{ userId: 'ada' }] });
  const other = await from('https://evil.example');
  t.match(await other.next('connect_error'), {
    message: 'Authentication failed',
    data: { code: 'ORIGIN_REFUSED' },
  });
});

onEach(t, 'of many cursors in one tick the last counts, and none of them is refused', async (t, start) => {
  const at = await start();
  const [one, two] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const each of [one, two]) await each.ask('join_room', { roomId });
  for (let x = 0; x < 60; x++) one.emit('cursor_move', { roomId, position: { x, y: 0 } });
  let last = -1;
  while (last < 59) {
    const { position } = await two.next('cursor_move');
    t.ok(position.x > last);
    last = position.x;
  }
  t.notOk(one.heard().includes('error'));
});
