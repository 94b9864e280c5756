import t from 'tap';
import { limits } from '../../protocol/index.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { add, bearer, ofType, remove, stage, token, types, update } from './person.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[NP1] the paths are / and /ws, and no other (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT });
    t.teardown(() => server.close());
    for (const path of ['/', '/ws', '/ws?a=b']) {
      const client = await connect(server.port, { path });
      t.equal((await client.nextOf('welcome')).type, 'welcome', path);
      await client.close();
    }
    await t.rejects(connect(server.port, { path: '/other' }), /404/);
    await t.rejects(connect(server.port, { path: '/ws/' }), /404/);
  });

  t.test(`[NP2] the first message is welcome (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, TICK_MS: '20', HEARTBEAT_MS: '2000' });
    t.teardown(() => server.close());
    const client = await connect(server.port);
    t.teardown(() => client.close());
    await client.sync();
    const [first] = client.messages;
    t.equal(first?.type, 'welcome');
    t.match(first?.connectionId, /^[\w-]{22}$/);
    t.hasStrict(first, { heartbeatMs: 2000, heartbeatGraceMs: 90_000, tickMs: 20, limits });
    t.notOk('userId' in (first ?? {}));
  });
}

t.test('[NP1] fields that a command does not know are ignored', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  t.hasStrict(await ada.ask({ type: 'select', planetId: 'p', mood: 'fine', nested: { a: [1, null] } }), {
    type: 'ack',
    op: 'select',
  });
});

t.test('[NP2] welcome names the user of a token', async (t) => {
  const at = await stage(t);
  const ada = at.person(await bearer({ sub: 'ada' }));
  const welcome = await at.until(() => ada.heard()[0], 'welcome');
  t.hasStrict(welcome, { type: 'welcome', userId: 'ada', connectionId: ada.wire.id });
});

t.test('[NP3] ack, error and conflict repeat the ref, a string or an integer', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask({ type: 'select', planetId: 'p' });
  for (const ref of ['one', 0, -7, 2 ** 40, 'ü'.repeat(200), '🙂'.repeat(200)]) {
    ben.send({ type: 'select', planetId: 'p', ref });
    ben.send({ type: 'unselect', planetId: 'p', ref });
    ben.send({ type: 'select', ref });
    ben.send({ type: 'requestSync', ref });
    const answers = (await ben.news()).filter((one) => one.ref === ref);
    t.same(
      types(answers).sort(),
      ['ack', 'ack', 'conflict', 'error', 'syncResponse'],
      String(ref).slice(0, 9),
    );
  }
  ben.send({ type: 'heartbeat' });
  t.notOk('ref' in ((await ben.news()).at(-1) ?? {}));
});

t.test('[NP3] ids are as long as they have characters, wherever they stand', async (t) => {
  const at = await stage(t);
  const [longest, longer] = ['🙂'.repeat(200), '🙂'.repeat(201)];
  const ada = await at.member('ada', longest);
  const answered = { type: 'error', roomId: longest, opId: longest, code: 'NOT_FOUND' };
  const roomId = longest;
  t.match(await ada.ask({ ...update(longest, {}), roomId, opId: longest }), answered);
  t.match(await ada.ask({ ...add(longest), roomId }), { type: 'ack', version: 1 });
  t.match(await ada.ask({ ...remove('i'), roomId, version: 'x', opId: longest }), {
    roomId: longest,
    opId: longest,
    code: 'INVALID_FIELD',
    path: 'version',
  });
  t.match(await ada.ask({ ...add(longer), roomId }), { code: 'INVALID_FIELD', path: 'operation.id' });
  const data = { id: longer };
  const operation = { type: 'add', target: 'item', data };
  t.match(await ada.ask({ type: 'sceneOperation', operation, roomId }), { path: 'operation.data.id' });
});

const ordered = [
  { type: 'join', roomId: 'room', user: { userId: 'ada' } },
  { type: 'select', planetId: 'p' },
  { type: 'unselect', planetId: 'p' },
  { type: 'join_viewer', planetId: 'p' },
  { type: 'leave_viewer', planetId: 'p' },
  add('i'),
  { type: 'relay', event: 'moved', data: null },
  { type: 'operation', documentId: 'd', operation: ['a'], version: 0 },
  { type: 'message', text: 'hello' },
  { type: 'leave' },
];
const signals = [
  { type: 'camera', planetId: 'p', camera: {} },
  { type: 'cursor', position: [1, 2] },
  { type: 'typing', isTyping: true },
  { type: 'scroll', position: 5 },
];

t.test('[NP4] ordered commands are acknowledged, and only once they are durable', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ada = at.person();
  for (const command of ordered) {
    log.hold();
    await ada.news();
    ada.send(command);
    t.same(types(await ada.news()), [], `${command.type} waits`);
    log.release();
    const acks = ofType(await ada.news(), 'ack');
    t.equal(acks.length, 1);
    t.hasStrict(acks[0], { op: command.type, ok: true });
  }
});

t.test('[NP4] heartbeats are always acknowledged, with the client’s own ts', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  await ada.news();
  ada.send({ type: 'heartbeat', ts: 123.5 });
  ada.send({ type: 'heartbeat' });
  t.strictSame(await ada.news(), [
    { type: 'ack', op: 'heartbeat', ok: true, ts: 123.5 },
    { type: 'ack', op: 'heartbeat', ok: true, ts: at.clock.now() - 32 },
  ]);
});

t.test('[NP4] signals are acknowledged only when they carry a ref', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask({ type: 'join_viewer', planetId: 'p' });
  await ada.news();
  for (const signal of signals) ada.send(signal);
  t.same(await ada.news(), []);
  for (const signal of signals) {
    t.hasStrict(await ada.ask(signal), { type: 'ack', op: signal.type, ok: true, roomId: 'room' });
  }
});

t.test('[NP4] auth is always acknowledged, analytics only where they carry a ref', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
  ada.send({ type: 'analytics', events: [1] });
  t.same(await ada.news(), []);
  t.match(await ada.ask({ type: 'analytics', events: [1] }), { type: 'ack', op: 'analytics' });
  ada.look();
  ada.send({ type: 'auth', token: await token({ sub: 'ada' }) });
  t.match(await at.until(() => ada.look()[0], 'an answer'), { type: 'ack', op: 'auth' });
});

t.test('[NP5] a connection in several rooms says which one it means', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  t.hasStrict(await ada.ask({ type: 'select', planetId: 'p' }), { code: 'NOT_JOINED', op: 'select' });
  t.hasStrict(await ada.ask({ type: 'select', planetId: 'p', roomId: 'x' }), {
    code: 'NOT_JOINED',
    roomId: 'x',
  });
  await ada.join('one', 'ada');
  t.hasStrict(await ada.ask({ type: 'select', planetId: 'p' }), { type: 'ack', roomId: 'one' });
  await ada.join('two', 'ada');
  for (const command of [...ordered.slice(1), ...signals]) {
    t.hasStrict(await ada.ask(command), { code: 'ROOM_REQUIRED', path: 'roomId' }, command.type);
  }
  t.hasStrict(await ada.ask({ type: 'heartbeat' }), { type: 'ack' }, 'one heartbeat is enough for all');
  t.hasStrict(await ada.ask({ type: 'select', planetId: 'q', roomId: 'two' }), { roomId: 'two', ok: true });
  await ada.ask({ type: 'leave', roomId: 'one' });
  t.hasStrict(await ada.ask({ type: 'unselect', planetId: 'q' }), { type: 'ack', roomId: 'two' });
});

t.test('[NP6] without a subprotocol a frame is one message, and nobody hears itself', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await Promise.all([ada.news(), ben.news()]);
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  await Promise.all([ada.news(), ben.news()]);
  for (const signal of signals) ada.send(signal);
  ada.send({ type: 'operation', documentId: 'd', operation: ['a'], version: 0 });
  ada.send({ type: 'relay', event: 'moved', data: null });
  await at.pass(32);
  for (const one of [ada, ben]) {
    for (const frame of one.wire.takeFrames()) {
      const message = JSON.parse(frame);
      t.ok(!Array.isArray(message) && typeof message.type === 'string');
      if (one === ada) t.equal(message.type, 'ack');
      else t.hasStrict(message, { userId: 'ada', connectionId: ada.wire.id });
    }
  }
});

t.test('[NP7] with tandem.v1 all of a tick is one array, one’s own signals included', async (t) => {
  const at = await stage(t);
  const batch = { protocol: 'tandem.v1' };
  const [ada, ben] = [await at.member('ada', 'room', batch), await at.member('ben', 'room', batch)];
  for (const one of [ada, ben]) await one.ask({ type: 'join_viewer', planetId: 'p' });
  await Promise.all([ada.news(), ben.news()]);
  await at.pass(32);
  // The leading edge: what follows within the tick waits for its end.
  ben.send({ type: 'message', text: 'first' });
  await at.settle();
  for (const one of [ada, ben]) one.wire.take();
  for (const signal of signals) ada.send(signal);
  ada.send({ type: 'operation', documentId: 'd', operation: ['a'], version: 0 });
  ada.send({ type: 'relay', event: 'moved', data: null });
  ada.send(add('i'));
  await at.settle();
  ada.wire.take();
  await at.pass(16);
  for (const one of [ada, ben]) {
    const frames = one.wire.takeFrames();
    t.equal(frames.length, 1, 'one frame');
    const batched = JSON.parse(frames[0] ?? '');
    t.ok(Array.isArray(batched));
    t.same(types(batched), ['operation', 'event', 'sceneDelta', 'camera', 'cursor', 'typing', 'scroll']);
    t.ok(batched.filter((m: { type: string }) => m.type !== 'sceneDelta').every(hasConnection(ada.wire.id)));
  }
});

const hasConnection = (id: string) => (message: { connectionId?: string }) => message.connectionId === id;
