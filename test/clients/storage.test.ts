import t from 'tap';
import { MemoryOutboxes } from '../../clients/client/storage/index.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { WireWorld } from './wire-world.ts';

t.setTimeout(550_000);

async function worldOf() {
  const world = new WireWorld(createMemoryLog, { RATE_LIMIT: '100000/1s', STREAM_LIMIT: '50000/1s' });
  await world.start();
  t.teardown(() => world.end());
  const outboxes = new MemoryOutboxes();
  const page = (userId: string, outbox = outboxes.open()) => {
    const client = world.client({ outbox, random: Math.random });
    return { client, outbox, room: client.join('r', { user: { userId } }) };
  };
  return { world, outboxes, page };
}

t.test(
  'what a page was not told of when it crashed is sent by the next one, once and in order',
  async (t) => {
    const { world, outboxes, page } = await worldOf();
    const before = page('ada');
    const watching = page('ben').room;
    await world.pass(200);
    const first = before.room.scene.add('lamp', { x: 0 });
    await world.pass(64);
    await first;
    t.equal(outboxes.size, 0, 'what was answered is not kept');
    const lost: Promise<unknown>[] = [];
    for (let n = 1; n <= 5; n++) {
      lost.push(before.room.chat.send(`m${n}`), before.room.scene.update('lamp', { [`p${n}`]: n }));
    }
    // Some of it reaches the server, whose answer reaches nobody.
    for (const one of [...world.ends]) one.carry(() => 0.5);
    outboxes.crash(before.outbox);
    for (const one of [...world.ends]) one.cut();
    before.room.chat.send('never kept').catch(() => {});
    before.client.close();
    for (const one of lost) one.catch(() => {});
    t.equal(outboxes.size, 10);
    const after = page('ada');
    const own = after.room.chat.send('after');
    await world.pass(4000);
    await own;
    t.same(
      watching.chat.messages.map(({ text }) => text),
      ['m1', 'm2', 'm3', 'm4', 'm5', 'after'],
    );
    t.match(watching.scene.items.get('lamp'), { x: 0, p1: 1, p2: 2, p3: 3, p4: 4, p5: 5 });
    t.equal(watching.scene.version, 6, 'each once');
    t.same(after.room.scene.items.get('lamp'), watching.scene.items.get('lamp'));
    t.equal(outboxes.size, 0);
  },
);

t.test(
  'what a client left that was closed is sent by the next one of the same page, before what is newer',
  async (t) => {
    const { world, outboxes, page } = await worldOf();
    const ben = page('ben').room;
    const first = page('ada');
    await world.pass(200);
    const added = first.room.scene.add('lamp', { color: 'none' });
    await world.pass(64);
    await added;
    for (const one of [...world.ends]) one.cut();
    first.room.scene.update('lamp', { color: 'A' }).catch(() => {});
    first.client.close();
    t.equal(outboxes.size, 1);
    const second = page('ada', first.outbox);
    await world.pass(3000);
    t.equal(outboxes.size, 0);
    t.match(ben.scene.items.get('lamp'), { color: 'A' });
    const newer = second.room.scene.update('lamp', { color: 'B' });
    await world.pass(64);
    await newer;
    outboxes.crash(first.outbox);
    page('ada');
    await world.pass(3000);
    t.match(ben.scene.items.get('lamp'), { color: 'B' });
  },
);

t.test(
  'what was taken over for a room that was left meanwhile is sent when that is joined again',
  async (t) => {
    const { world, outboxes, page } = await worldOf();
    const ben = page('ben').room;
    const crashed = page('ada');
    await world.pass(200);
    for (const one of [...world.ends]) one.cut();
    crashed.room.chat.send('left behind').catch(() => {});
    outboxes.crash(crashed.outbox);
    crashed.client.close();
    const store = outboxes.open();
    const { load } = store;
    let leave = () => {};
    store.load = async (...of) => {
      const found = await load(...of);
      leave();
      return found;
    };
    const { client, room } = page('ada', store);
    leave = () => room.leave();
    await world.pass(3000);
    t.equal(room.status, 'left');
    t.equal(outboxes.size, 1);
    leave = () => {};
    client.join('r', { user: { userId: 'ada' } });
    await world.pass(3000);
    t.equal(outboxes.size, 0);
    t.match(ben.chat.messages, [{ text: 'left behind' }]);
  },
);

t.test('a client that lives sends its own; what is another user’s is left alone', async (t) => {
  const { world, outboxes, page } = await worldOf();
  const ada = page('ada');
  await world.pass(200);
  for (const one of [...world.ends]) one.cut();
  const waiting = ada.room.chat.send('mine');
  const second = page('ada');
  const ben = page('ben');
  const kept = outboxes.size;
  await world.pass(3000);
  await waiting;
  t.equal(kept, 1);
  t.same(
    ben.room.chat.messages.map(({ text }) => text),
    ['mine'],
  );
  for (const one of [...world.ends]) one.cut();
  ada.room.chat.send('left behind').catch(() => {});
  outboxes.crash(ada.outbox);
  ada.client.close();
  page('ben');
  await world.pass(3000);
  t.equal(second.room.chat.messages.length, 1, 'nobody has sent it');
  t.equal(outboxes.size, 1);
  page('ada');
  await world.pass(3000);
  t.equal(second.room.chat.messages.length, 2);
  t.equal(outboxes.size, 0);
});

t.test(
  'what is refused, or left, is kept no longer; a store that fails is told, and does no harm',
  async (t) => {
    const { world, outboxes, page } = await worldOf();
    const ada = page('ada');
    await world.pass(200);
    const refused = ada.room.scene.remove('nothing');
    refused.catch(() => {});
    await world.pass(100);
    await t.rejects(refused, { code: 'NOT_FOUND' });
    t.equal(outboxes.size, 0);
    for (const one of [...world.ends]) one.cut();
    ada.room.chat.send('x').catch(() => {});
    t.equal(outboxes.size, 1);
    ada.room.leave();
    t.equal(outboxes.size, 0);
    const fails = async () => Promise.reject(new Error('no room'));
    const ben = page('ben', { load: fails, put: fails, remove: fails });
    const errors: string[] = [];
    ben.room.on('error', ({ code }) => errors.push(code));
    const said = ben.room.chat.send('hello');
    await world.pass(3000);
    await said;
    t.ok(errors.length > 0 && errors.every((code) => code === 'STORE_FAILED'));
  },
);

t.test('a store that throws at once does as little harm as one that rejects', async (t) => {
  const { world, page } = await worldOf();
  const throws = () => {
    throw new Error('no room');
  };
  const { room } = page('ada', { load: throws, put: throws, remove: throws });
  const errors: string[] = [];
  room.on('error', ({ code }) => errors.push(code));
  const added = room.scene.add('lamp', { x: 1 });
  added.catch(() => {});
  await world.pass(3000);
  t.match(await added, { ok: true, version: 1 });
  t.same(room.scene.items.get('lamp'), { id: 'lamp', x: 1 });
  t.equal(room.pending, 0);
  t.ok(errors.length > 0 && errors.every((code) => code === 'STORE_FAILED'));
});

t.test('an event for all that a page has left is heard by the page that sends it, too', async (t) => {
  const { world, outboxes, page } = await worldOf();
  const before = page('ada');
  const heard: unknown[] = [];
  page('ben').room.on('event', ({ data }) => heard.push(['ben', data]));
  await world.pass(200);
  for (const one of [...world.ends]) one.cut();
  before.room.relay('drawn', 1, { toAll: true }).catch(() => {});
  outboxes.crash(before.outbox);
  before.client.close();
  page('ada').room.on('event', ({ data }) => heard.push(['ada', data]));
  await world.pass(3000);
  t.same(heard.sort(), [
    ['ada', 1],
    ['ben', 1],
  ]);
});
