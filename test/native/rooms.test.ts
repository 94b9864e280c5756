import t from 'tap';
import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { add, bearer, ofType, present, stage, types } from './person.ts';

async function roomsInMemory(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^tandem_rooms (\d+)$/m.exec(text)?.[1]);
}

t.test('[RM1] a room is released from memory when its last member has gone', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const [ada, ben] = [await connect(server.port), await connect(server.port)];
  await ada.ask({ type: 'join', roomId: 'one', user: { userId: 'ada' } });
  await ben.ask({ type: 'join', roomId: 'one', user: { userId: 'ben' } });
  await ben.ask({ type: 'join', roomId: 'two', user: { userId: 'ben' } });
  t.equal(await roomsInMemory(server.port), 2);
  await ben.close();
  await ada.next((one) => one.type === 'presence' && one.users.length === 1, ada.messages.length - 1);
  t.equal(await roomsInMemory(server.port), 1);
  await ada.ask({ type: 'leave' });
  t.equal(await roomsInMemory(server.port), 0);
  await ada.close();
});

t.test('[RM1] what was made stays in the log; who was there does not', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i', { color: 'red' }));
  await ada.ask({ type: 'operation', documentId: 'd', operation: ['abc'], version: 0 });
  await ada.ask({ type: 'message', text: 'hello' });
  await ada.ask({ type: 'select', planetId: 'p' });
  await ada.ask({ type: 'join_viewer', planetId: 'p' });
  await ada.ask({ type: 'camera', planetId: 'p', camera: { zoom: 2 } });
  const before = await ada.ask({ type: 'requestSync' });
  await ada.ask({ type: 'leave' });
  await at.pass(100);

  const ben = at.person();
  const ack = await ben.join('room', 'ben');
  t.equal(ack.epoch, before.epoch);
  const news = await ben.news();
  t.same(present(news), ['ben']);
  t.same(ofType(news, 'selection_state')[0]?.selected, {});
  const { manifest, documents, messages, version } = ofType(news, 'sceneState')[0] ?? {};
  t.same({ manifest, documents, messages, version }, pick(before));
  t.same(manifest.items, { i: { id: 'i', color: 'red' } });
  await ben.ask({ type: 'join_viewer', planetId: 'p' });
  t.same(ofType(await ben.news(), 'viewer_cameras')[0]?.cameras, {});
});

function pick({ manifest, documents, messages, version }: Record<string, unknown>): object {
  return { manifest, documents, messages, version };
}

t.test('[RM1] a room that holds nothing is forgotten altogether', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  const first = await ada.join('room', 'ada');
  await ada.ask({ type: 'select', planetId: 'p' });
  await ada.ask({ type: 'leave' });
  const second = await ada.join('room', 'ada');
  t.not(second.epoch, first.epoch);
  t.equal(second.offset, 0);
});

t.test('[RM2] a join is answered by ack, presence, selection_state, and sceneState', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  await ada.news();
  const ack = await ada.join('room', 'ada');
  t.hasStrict(ack, { op: 'join', ok: true, roomId: 'room', version: 0, offset: 0 });
  t.match(ack.epoch, /^[\w-]{8,32}$/);
  t.same(types(await ada.news()).slice(0, 3), ['ack', 'presence', 'selection_state']);
  t.same(ofType(ada.heard(), 'sceneState'), [], 'an empty room has no state to show');

  const asks = at.person();
  await asks.news();
  await asks.join('room', 'asks', { scene: true });
  const [, , , state] = (await asks.news()).slice(0, 4);
  t.hasStrict(state, { type: 'sceneState', roomId: 'room', epoch: ack.epoch, version: 0, offset: 0 });
  t.strictSame(state?.manifest, { properties: {}, items: {} });

  await ada.ask(add('i'));
  const ben = at.person();
  await ben.news();
  t.hasStrict(await ben.join('room', 'ben'), { version: 1, epoch: ack.epoch });
  t.same(types(await ben.news()).slice(0, 4), ['ack', 'presence', 'selection_state', 'sceneState']);
});

t.test('[RM3] a room is full with MAX_ROOM_USERS users, 20 of them by default', async (t) => {
  const at = await stage(t);
  const first = await at.member('user-1');
  const second = await at.member('user-2');
  for (let count = 3; count <= 20; count++) await at.member(`user-${count}`);
  await first.news();
  const late = at.person();
  t.hasStrict(await late.join('room', 'late'), { type: 'error', op: 'join', code: 'ROOM_FULL', limit: 20 });
  t.hasStrict(await late.ask({ type: 'select', planetId: 'p' }), { code: 'NOT_JOINED' });
  t.same(await first.news(), [], 'nobody hears of it');
  t.equal((await at.person().join('room', 'user-1')).type, 'ack', 'another tab of a user is no other user');
  second.send({ type: 'leave' });
  t.equal((await late.join('room', 'late')).type, 'ack');
});

t.test('[RM3] MAX_ROOM_USERS is a setting', async (t) => {
  const at = await stage(t, { MAX_ROOM_USERS: '1' });
  await at.member('ada');
  t.hasStrict(await at.person().join('room', 'ben'), { code: 'ROOM_FULL', limit: 1 });
});

t.test('[RM4] a user is in a room once, and leaves it with the last connection', async (t) => {
  const at = await stage(t, { MAX_USER_SESSIONS: '2' });
  const ben = await at.member('ben');
  const [first, second] = [await at.member('ada'), await at.member('ada')];
  const presence = ofType(await ben.news(), 'presence').at(-1);
  t.same(
    presence?.users.map((user: { userId: string; connections: number }) => [user.userId, user.connections]),
    [
      ['ben', 1],
      ['ada', 2],
    ],
  );
  const third = at.person();
  t.hasStrict(await third.join('room', 'ada'), { code: 'TOO_MANY_SESSIONS', limit: 2 });
  await first.ask({ type: 'leave' });
  t.same(present(await ben.news()), ['ben', 'ada']);
  second.wire.close();
  t.same(present(await ben.news()), ['ben']);
});

t.test('[RM5] another join updates the details of the user', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask({ type: 'select', planetId: 'p' });
  await ben.news();
  const user = { userId: 'ada', name: 'Ada L.', mood: 'fine' };
  t.hasStrict(await ada.ask({ type: 'join', roomId: 'room', user }), { type: 'ack', op: 'join' });
  const [presence] = ofType(await ben.news(), 'presence');
  t.equal(presence?.users.length, 2);
  t.hasStrict(presence?.users[0], { ...user, connections: 1 });
  t.same((await ada.news()).filter((one) => one.type === 'selection_state').at(-1)?.selected, { p: ['ada'] });
});

t.test('[RM6] a late close of an old connection does not end a newer one', async (t) => {
  for (const clean of [true, false]) {
    const at = await stage(t);
    const ben = await at.member('ben');
    const old = await at.member('ada');
    await old.ask({ type: 'select', planetId: 'p' });
    const fresh = await at.member('ada');
    await fresh.ask({ type: 'select', planetId: 'p' });
    await ben.news();
    old.wire.close(clean);
    await at.pass(1000);
    for (let second = 0; second < 200; second += 20) {
      await at.pass(20_000, 1000);
      for (const one of [fresh, ben]) await one.ask({ type: 'heartbeat' });
    }
    const news = await ben.news();
    t.same(present(news) ?? ['ben', 'ada'], ['ben', 'ada']);
    t.same(ofType(news, 'selection_state'), []);
    t.hasStrict(await fresh.ask({ type: 'message', text: 'here' }), { type: 'ack' });
  }
});

t.test('[RM6] with a token, too', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const handshake = await bearer({ sub: 'ada' });
  const old = await at.member('ada', 'room', handshake);
  const fresh = await at.member('ada', 'room', handshake);
  old.wire.close();
  await at.settle();
  t.hasStrict(await fresh.ask({ type: 'message', text: 'here' }), { type: 'ack' });
});

t.test('a room that is being left takes no room from the one that is joined', async (t) => {
  const at = await stage(t, { MAX_CONNECTION_ROOMS: '2' });
  const ada = await at.member('ada', 'one');
  await ada.join('two', undefined);
  const commands = ['leave one', 'join three', 'join one', 'leave three', 'join one'].map((name) =>
    name.split(' '),
  );
  for (const [ref, [type, roomId]] of commands.entries()) ada.send({ type, roomId, ref });
  const answers = (await ada.news()).filter(({ ref }) => Number.isInteger(ref));
  t.same(
    answers.sort((a, b) => a.ref - b.ref).map(({ ok, code }) => (ok ? 'ok' : code)),
    ['ok', 'ok', 'TOO_MANY_ROOMS', 'ok', 'ok'],
  );
});

t.test('[RM1] what others append while a room is being opened is in it', async (t) => {
  const inner = createMemoryLog();
  const log: Log = {
    ...inner,
    // All that was there comes as if it came just now.
    async open(roomId, listener) {
      const room = await inner.open(roomId, listener);
      if (room.tail.length > 0) listener(1, room.tail);
      return { ...room, tail: [] };
    },
  };
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  await ada.ask(add('i', { color: 'red' }));
  await ada.ask({ type: 'leave' });
  await at.pass(100);
  const ben = at.person();
  t.match(await ben.join('room', 'ben'), { type: 'ack', version: 1 });
  t.match(ofType(await ben.news(), 'sceneState'), [{ manifest: { items: { i: { color: 'red' } } } }]);
});

t.test('[RM1] the log of a room is shortened when the room has grown, and when it is left', async (t) => {
  const inner = createMemoryLog();
  const shortened: string[] = [];
  const log: Log = {
    ...inner,
    async open(roomId, listener) {
      const room = await inner.open(roomId, listener);
      const compact: typeof room.compact = async (snapshot, dropThrough) => {
        await room.compact(snapshot, dropThrough);
        shortened.push(roomId);
      };
      return { ...room, compact };
    },
  };
  const at = await stage(t, { SNAPSHOT_ENTRIES: '20' }, { log });
  const [ada, ben] = [await at.member('ada', 'left'), await at.member('ben', 'grown')];
  for (let n = 0; n < 30; n++) await ben.ask({ type: 'message', text: 'x'.repeat(500) });
  t.same(shortened, ['grown']);
  for (let n = 0; n < 4; n++) await ada.ask(add(`i${n}`));
  await ada.ask({ type: 'leave' });
  await at.pass(100);
  t.same(shortened, ['grown', 'left']);
});
