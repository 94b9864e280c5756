import t from 'tap';
import { stage as stageOf } from './scripted.ts';

const stage = (options = {}) => stageOf(t, options);

t.test('attempts come at growing intervals, up to the largest', async (t) => {
  const { sockets, pass, last, heard } = stage({ backoff: { minMs: 100, maxMs: 400 } });
  await pass(0);
  t.equal(last().url, 'ws://there/ws');
  t.same(last().protocols, ['tandem.v1']);
  for (const delayMs of [100, 200, 400, 400]) {
    const before = sockets.length;
    last().end(1006);
    await pass(delayMs - 1);
    t.equal(sockets.length, before);
    await pass(1);
    t.equal(sockets.length, before + 1, `after ${delayMs} ms`);
  }
  t.notOk(heard.includes('lost'));
  await pass(5000);
  t.ok(heard.includes('lost'), 'after five seconds without a connection');
});

t.test('jitter is full, and the delay that the server asks for comes first', async (t) => {
  const { sockets, pass, last } = stage({ random: () => 0, backoff: { minMs: 100 } });
  await pass(0);
  last().open();
  last().end(4000, { code: 'SHUTDOWN', retryAfterMs: 700 });
  await pass(699);
  t.equal(sockets.length, 1);
  await pass(1);
  t.equal(sockets.length, 2);
});

t.test('who tries at once when a connection is lost makes one attempt, not two', async (t) => {
  const { client, sockets, pass, last } = stage({ backoff: { minMs: 100 } });
  client.on('status', (status) => status === 'waiting' && client.retryNow());
  await pass(0);
  last().open();
  last().end(1006);
  await pass(0);
  t.equal(sockets.length, 2);
  await pass(100);
  t.equal(sockets.length, 2);
  last().open();
  t.equal(client.status, 'open');
});

t.test('a close that says so is the end, with its reason', async (t) => {
  const { client, sockets, pass, last, heard } = stage();
  await pass(0);
  last().open();
  const room = client.join('r');
  last().end(4103, { code: 'KICKED' });
  await pass(100_000);
  t.equal(sockets.length, 1);
  t.same(heard, ['open', 'closed', 'KICKED']);
  await t.rejects(room.chat.send('x'), { code: 'CLOSED' });
});

t.test('a token is shown before anything else, and a new one before it ends', async (t) => {
  let tokens = 0;
  const getToken = async () => {
    tokens += 1;
    return `token-${tokens}`;
  };
  const { client, sockets, pass, last, heard } = stage({ getToken });
  client.join('r', { user: { name: 'Ada' } });
  await pass(0);
  last().open();
  t.match(last().sent, [{ type: 'auth', token: 'token-1' }]);
  t.equal(last().sent.length, 1);
  last().say({ type: 'ack', op: 'auth', ok: true, ref: 'auth' });
  t.match(last().sent[1], { type: 'join', roomId: 'r', user: { name: 'Ada' } });
  last().say({ type: 'auth_expiring', inMs: 60_000 });
  await pass(0);
  t.match(last().sent[2], { type: 'auth', token: 'token-2' });
  last().end(4101, { code: 'TOKEN_EXPIRED' });
  await pass(250);
  t.equal(sockets.length, 2, 'with another token it may come back');
  last().open();
  t.match(last().sent, [{ type: 'auth', token: 'token-3' }]);
  last().say({ type: 'error', op: 'auth', ok: false, code: 'TOKEN_INVALID', ref: 'auth', message: 'no' });
  t.match(heard.slice(-2), ['closed', 'TOKEN_INVALID']);
});

t.test('where there is no token for now, it is asked for again', async (t) => {
  let fails = 2;
  const getToken = () => {
    fails -= 1;
    if (fails >= 0) throw new Error('later');
    return 'token';
  };
  const { sockets, pass, last, heard } = stage({ getToken });
  await pass(0);
  t.equal(sockets.length, 0);
  await pass(250);
  await pass(500);
  last().open();
  t.match(last().sent, [{ type: 'auth', token: 'token' }]);
  t.same(heard.filter((one) => one === 'NO_TOKEN').length, 2);
});

t.test('heartbeats are sent, and a connection that does not answer them is left', async (t) => {
  const { client, clock, sockets, pass, last } = stage();
  await pass(0);
  last().open();
  await pass(30_000);
  const beat = last().sent.at(-1);
  t.match(beat, { type: 'heartbeat' });
  clock.advance(20);
  last().say({ type: 'ack', op: 'heartbeat', ok: true, ts: beat?.ts });
  t.equal(client.roundTripMs, 20);
  await pass(30_000);
  t.equal(sockets.length, 1);
  await pass(10_000);
  t.ok(last().closedBy);
  await pass(250);
  t.equal(sockets.length, 2);
});

t.test('heartbeats come as often as the program likes', async (t) => {
  const { client, clock, pass, last } = stage({ heartbeatMs: 2000 });
  await pass(0);
  last().open();
  await pass(2000);
  const beat = last().sent.at(-1);
  t.match(beat, { type: 'heartbeat' });
  clock.advance(7);
  last().say({ type: 'ack', op: 'heartbeat', ok: true, ts: beat?.ts });
  t.equal(client.roundTripMs, 7);
  await pass(2000);
  await pass(1000);
  t.ok(last().closedBy, 'one that does not answer within half of it is left');
});

t.test('signals go at once, then merged, once a tick; unknown messages are ignored', async (t) => {
  const { client, pass, last } = stage();
  const room = client.join('r', { user: { userId: 'ada' } });
  await pass(0);
  last().open();
  room.signal('typing', { isTyping: true });
  last().say({ type: 'ack', op: 'join', ok: true, ref: last().sent[0]?.ref, roomId: 'r' });
  await room.joined;
  await pass(100);
  last().sent.length = 0;
  last().say({ type: 'of-a-newer-server', roomId: 'r' }, { type: 'else' });
  for (let x = 1; x <= 9; x++) room.signal('cursor', { position: { x, y: 0 } });
  room.cameras.move('p', { zoom: 1 });
  room.cameras.move('q', { zoom: 2 });
  t.match(last().sent, [{ type: 'cursor', roomId: 'r', position: { x: 1 } }]);
  t.equal(last().sent.length, 1);
  await pass(16);
  t.match(last().sent.slice(1), [
    { type: 'cursor', position: { x: 9 } },
    { type: 'camera', planetId: 'p', camera: { zoom: 1 } },
    { type: 'camera', planetId: 'q', camera: { zoom: 2 } },
  ]);
  t.equal(last().sent.length, 4);
  await pass(100);
  t.equal(last().sent.length, 4);
});

t.test('a field of a signal that is undefined takes back the one that was not sent yet', async (t) => {
  const { client, pass, last } = stage(t);
  const room = client.join('r', { user: { userId: 'ada' } });
  await pass(0);
  last().open();
  last().say({ type: 'ack', op: 'join', ok: true, ref: last().sent[0]?.ref, roomId: 'r' });
  await pass(100);
  last().sent.length = 0;
  room.signal('cursor', { position: { x: 1 } });
  room.signal('cursor', { position: { x: 2 }, selection: [3, 5] });
  room.signal('cursor', { selection: undefined });
  await pass(16);
  t.same(last().sent.slice(1), [{ type: 'cursor', position: { x: 2 }, roomId: 'r' }]);
});

t.test(
  'where a network is there again, or the page is looked at, the next attempt is made at once',
  async (t) => {
    const page = new EventTarget();
    const shown = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    const given = {
      addEventListener: page.addEventListener.bind(page),
      removeEventListener: page.removeEventListener.bind(page),
      document: shown,
    };
    t.intercept(globalThis, 'addEventListener' as never, { value: given.addEventListener });
    t.intercept(globalThis, 'removeEventListener' as never, { value: given.removeEventListener });
    t.intercept(globalThis, 'document' as never, { value: given.document });
    const { client, sockets, pass, last } = stage();
    await pass(0);
    for (const wake of [
      () => page.dispatchEvent(new Event('online')),
      () => shown.dispatchEvent(new Event('visibilitychange')),
    ]) {
      const before = sockets.length;
      last().end(1006);
      shown.visibilityState = 'hidden';
      shown.dispatchEvent(new Event('visibilitychange'));
      await pass(0);
      t.equal(sockets.length, before);
      shown.visibilityState = 'visible';
      wake();
      await pass(0);
      t.equal(sockets.length, before + 1);
    }
    client.close();
    page.dispatchEvent(new Event('online'));
    await pass(100_000);
    t.equal(sockets.length, 3);
  },
);

t.test('an attempt that leads nowhere is given up, and made again', async (t) => {
  let tokens = 0;
  const never = new Promise<string>(() => {});
  const getToken = () => {
    tokens += 1;
    return tokens === 1 ? never : 'token';
  };
  const { client, sockets, pass, last } = stage({ getToken });
  await pass(0);
  t.equal(sockets.length, 0, 'no token comes');
  await pass(20_000);
  await pass(250);
  t.equal(sockets.length, 1, 'nor does a welcome');
  await pass(20_000);
  t.equal(client.status, 'waiting');
  await pass(500);
  t.equal(sockets.length, 2);
  last().open();
  last().say({ type: 'ack', op: 'auth', ok: true, ref: 'auth' });
  t.equal(client.status, 'open');
  await pass(25_000);
  t.equal(client.status, 'open');
  const told = new Promise((resolve) => client.on('error', resolve));
  last().say({ type: 'error', ok: false, code: 'NOT_JSON', message: 'no' });
  t.match(await told, { code: 'NOT_JSON' });
});

t.test('what the server has told of a user and of limits counts until it is told anew', async (t) => {
  const kept: unknown[] = [];
  const outbox = {
    load: async () => [],
    put: async (one: { userId: string | undefined }) => void kept.push(one.userId),
    remove: async () => {},
  };
  const { client, pass, last } = stage({ outbox });
  const room = client.join('r', { user: { userId: 'a guest' } });
  const terms = { heartbeatMs: 30_000, tickMs: 16, limits: { MAX_MESSAGE_BYTES: 8192 } };
  const joined = { type: 'ack', op: 'join', ok: true, roomId: 'r' };
  await pass(0);
  t.equal(room.userId, 'a guest');
  last().open({ ...terms, userId: 'ada' });
  last().say(
    { ...joined, ref: last().sent[0]?.ref },
    { type: 'presence', roomId: 'r', users: [{ userId: 'ada' }, { userId: 'ben' }] },
  );
  last().end(1006);
  await pass(250);
  t.equal(client.status, 'connecting');
  t.equal(room.userId, 'ada');
  t.match(room.presence.self, { userId: 'ada' });
  t.match(room.presence.others, [{ userId: 'ben' }]);
  room.chat.send('kept').catch(() => {});
  t.same(kept, ['ada'], 'the next page of the same user finds it');
  await t.rejects(room.chat.send('x'.repeat(10_000)), {
    code: 'MESSAGE_TOO_LARGE',
    details: { limit: 8192 },
  });
  last().say({ type: 'welcome', connectionId: 'd', ...terms });
  t.equal(client.status, 'open');
  t.equal(room.userId, 'a guest', 'or somebody else by now');
});
