import t, { type Test } from 'tap';
import { createMemoryLog } from '../../server/log/memory.ts';
import { add } from '../native/person.ts';
import { connect } from '../support/client.ts';
import { breakOff, comeBack, durable, onEach, type Person, type SocketStage, tokenOf } from './stage.ts';

type Start = Parameters<Parameters<typeof onEach>[2]>[1];

const ROOM = 'user:ada';

/** How many rooms are in memory. */
async function roomsOf(port: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^tandem_rooms (\d+)/m.exec(text)?.[1]);
}

async function numbers(one: Person, count: number): Promise<number[]> {
  const heard: number[] = [];
  while (heard.length < count) heard.push((await one.next('news')).n);
  return heard;
}

onEach(
  t,
  '[SO11] a user’s own room is heard without being in it, and is in memory only where something was said',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const [one, two] = [await at.client({ as: 'ada' }), await at.client({ as: 'ada', namespace: '/ws' })];
    const ben = await at.client({ as: 'ben' });
    for (const each of [one, two, ben]) await each.next('connect');
    t.equal(await roomsOf(at.server.port), 0);
    for (const n of [1, 2]) await at.server.publish(ROOM, { event: 'news', data: { n } });
    t.same(
      [await numbers(one, 2), await numbers(two, 2)],
      [
        [1, 2],
        [1, 2],
      ],
    );
    t.equal(await roomsOf(at.server.port), 1);
    t.same(await at.server.presence(ROOM), []);

    two.socket.disconnect();
    await at.server.publish(ROOM, { event: 'news', data: { n: 3 } });
    t.same(await numbers(one, 1), [3]);
    one.socket.disconnect();
    // Until the server has noticed.
    while ((await roomsOf(at.server.port)) > 0);
    await at.server.publish(ROOM, { event: 'news', data: { n: 4 } });
    const late = await at.client({ as: 'ada' });
    await late.next('connect');
    await at.server.publish(ROOM, { event: 'news', data: { n: 5 } });
    t.same(await numbers(late, 1), [5], 'who comes anew hears what comes from then on');
    t.notOk(ben.heard().includes('news'));
  },
);

onEach(
  t,
  '[SO14] what is said to a user who is away comes on return, once and in order',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const ada = await at.client({ as: 'ada' });
    await ada.next('connect');
    await breakOff(ada);
    t.equal(await comeBack(ada), true, 'with nothing missed');
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    t.same(await numbers(ada, 1), [1]);
    await breakOff(ada);
    for (const n of [2, 3]) await at.server.publish(ROOM, { event: 'news', data: { n } });
    t.equal(await comeBack(ada), true);
    await at.server.publish(ROOM, { event: 'news', data: { n: 4 } });
    t.same(await numbers(ada, 3), [2, 3, 4]);
    t.notOk(ada.heard().includes('news'), 'nothing came twice');
  },
);

onEach(
  t,
  '[SO14] so it is over a restart of the server, also where nothing had been said before',
  async (t, start) => {
    const at = await start({ ...(await durable(t)), AUTH: 'required' });
    const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
    for (const each of [ada, ben]) await each.next('connect');
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    t.same(await numbers(ada, 1), [1]);
    for (const each of [ada, ben]) await breakOff(each);
    await at.restart();
    await at.server.publish(ROOM, { event: 'news', data: { n: 2 } });
    await at.server.publish('user:ben', { event: 'news', data: { n: 9 } });
    t.equal(await comeBack(ada), true);
    t.equal(await comeBack(ben), true);
    t.same(await numbers(ada, 1), [2]);
    t.same(await numbers(ben, 1), [9]);
  },
);

/** A server, in memory, in whose `user:ada` more operations were made than are kept; nobody is there any more. */
async function withOperations(t: Test, start: Start, parts: Parameters<Start>[1] = {}): Promise<SocketStage> {
  const at = await start({ AUTH: 'required', KEPT_EVENTS: '2' }, parts);
  const headers = { authorization: `Bearer ${await tokenOf('ada')}` };
  const native = await connect(at.server.port, { headers });
  t.teardown(() => native.close());
  await native.ask({ type: 'join', roomId: ROOM });
  for (const id of ['i', 'j', 'k', 'l']) await native.ask(add(id));
  await native.ask({ type: 'leave' });
  while ((await roomsOf(at.server.port)) > 0);
  return at;
}

onEach(
  t,
  '[SO11] the own room is heard whatever has become of its scene, also where others share the log',
  async (t, start) => {
    const at = await withOperations(t, start, { log: { ...createMemoryLog(), isShared: true } });
    const ada = await at.client({ as: 'ada' });
    await ada.next('connect');
    // When it answers that, the room is open.
    await ada.ask('join_room', { roomId: 'r' });
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    t.same(await numbers(ada, 1), [1]);
    t.notOk(ada.heard().includes('disconnect'));
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO14] and what is said there to one who is away comes on return',
  async (t, start) => {
    const at = await withOperations(t, start);
    const ada = await at.client({ as: 'ada' });
    await ada.next('connect');
    await breakOff(ada);
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    t.equal(await comeBack(ada), true);
    t.same(await numbers(ada, 1), [1]);
    await at.server.publish(ROOM, { event: 'news', data: { n: 2 } });
    t.same(await numbers(ada, 1), [2]);
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO11] who leaves the own room, as any room that was joined, is told of notifications alone',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const [ada, other] = [await at.client({ as: 'ada' }), await at.client({ as: 'ada' })];
    for (const one of [ada, other]) await one.next('connect');
    ada.emit('join_room', { roomId: ROOM });
    ada.emit('leave_room', { roomId: ROOM });
    await ada.ask('join_room', { roomId: 'r' });
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    t.same(await numbers(other, 1), [1]);
    await at.server.notify('ada', { title: 'T', message: 'M' });
    for (const one of [ada, other]) t.match(await one.next('notification'), { title: 'T' });
    t.notOk(ada.heard().includes('news'));
    ada.socket.disconnect();
    await at.server.publish(ROOM, { event: 'news', data: { n: 2 } });
    t.same(await numbers(other, 1), [2]);
  },
);

onEach(
  t,
  '[SO11] a guest that has shown its token hears its own room from then on, and not before',
  async (t, start) => {
    const at = await start();
    const ada = await at.client();
    await ada.ask('join_room', { roomId: 'r', userId: 'ada' });
    await at.server.publish(ROOM, { event: 'news', data: { n: 1 } });
    const token = await tokenOf('ada');
    t.match(await ada.ask('auth', { token }), { ok: true });
    await at.server.publish(ROOM, { event: 'news', data: { n: 2 } });
    t.same(await numbers(ada, 1), [2]);
    t.match(await ada.ask('auth', { token }), { ok: true }, 'another token changes nothing');
    await at.server.notify('ada', { title: 'T', message: 'M' });
    t.match(await ada.next('notification'), { title: 'T' });
    await at.server.publish(ROOM, { event: 'news', data: { n: 3 } });
    t.same(await numbers(ada, 1), [3]);
    t.notOk(
      ada.heard().some((event) => event === 'news' || event === 'notification'),
      'nothing came twice',
    );
  },
);
