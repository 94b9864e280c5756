import t from 'tap';
import { WebSocket } from 'ws';
import { type ConnectOptions, connect } from '../../clients/client/index.ts';
import { token } from '../native/person.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { freePort, startServer } from '../support/servers.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

type Listener = (event: object) => void;

/** A WebSocket as a firewall leaves it. */
function blocked(how: 'silent' | 'failing' | 'closing') {
  return class {
    static made = 0;
    constructor() {
      (this.constructor as { made: number } & typeof Function).made += 1;
    }
    addEventListener(type: string, listener: Listener) {
      if (how !== 'silent' && type === 'close') setImmediate(listener, { code: 1006, reason: '' });
      if (how === 'closing' && type === 'open') listener({});
    }
    send() {}
    close() {}
  };
}

const fast = { backoff: { minMs: 5, maxMs: 50 } };
const overStreams: ConnectOptions = { transports: ['event-stream'] };

for (const TRANSPORT of ['uws', 'ws']) {
  for (const how of ['silent', 'failing', 'closing'] as const) {
    t.test(`where WebSockets are ${how}, it goes over an event stream (${TRANSPORT})`, async (t) => {
      const at = await clientStage(t, { TRANSPORT, AUTH: 'required', HEARTBEAT_GRACE_MS: '900000' });
      const clock = createManualClock();
      const WebSocket = blocked(how);
      const client = at.client({ WebSocket, clock, getToken: () => token({ sub: 'ada', rooms: ['*'] }) });
      const ada = client.join('r');
      const tick = setInterval(() => clock.advance(1), 1);
      t.teardown(() => clearInterval(tick));
      if (how === 'silent') {
        await until(() => WebSocket.made === 1, 'the attempt');
        clock.advance(5000);
      }
      const ben = at.client({ token: await token({ sub: 'ben', rooms: ['*'] }) }).join('r');
      await Promise.all([ada.joined, ben.joined]);
      t.equal(client.transport, 'event-stream');
      t.equal(WebSocket.made, how === 'silent' ? 1 : 2);
      t.equal(ada.userId, 'ada');
      await ada.scene.add('lamp', { x: 1 });
      await until(() => ben.scene.items.has('lamp'), 'the lamp');
      await ben.chat.send('hello');
      await until(() => ada.chat.messages.length === 1, 'the message');
      ada.text('d').insert(0, 'typed');
      ben.text('d');
      await until(() => ben.text('d').value === 'typed', 'the text');
      client.close();
      await until(() => ben.presence.others.length === 0, 'its goodbye');
      t.ok(
        at.requests.every(({ address }) => !address.search.includes('token')),
        'no token in an address',
      );
    });
  }

  t.test(
    `streams that break, and answers to posts that are lost, lose and double nothing (${TRANSPORT})`,
    async (t) => {
      const at = await clientStage(t, { TRANSPORT });
      let posts = 0;
      // Every seventh post arrives, and nobody hears of it.
      const lossy: typeof fetch = async (input, init = {}) => {
        const response = await fetch(input, init);
        if (init.method === 'POST' && ++posts % 7 === 0) throw new TypeError('the answer was lost');
        return response;
      };
      const ada = at.client({ ...overStreams, fetch: lossy }).join('r', { user: { userId: 'ada' } });
      const ben = at.client(overStreams).join('r', { user: { userId: 'ben' } });
      await Promise.all([ada.joined, ben.joined]);
      await ada.selection.select('lamp');
      const events: unknown[] = [];
      ben.on('event', (one) => events.push(one.data));
      const answers: Promise<unknown>[] = [];
      for (let n = 0; n < 60; n++) {
        answers.push(ada.chat.send(`m${n}`), ada.scene.add(`i${n}`, { n }), ada.relay('n', n));
        if (n % 10 === 5)
          for (const { method, breaker } of at.requests) if (method === 'GET') breaker.abort();
        if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
      }
      await Promise.all(answers);
      const numbers = Array.from({ length: 60 }, (_, n) => n);
      await until(() => ben.chat.messages.length === 60 && events.length === 60, 'all of it');
      t.same(
        ben.chat.messages.map(({ text }) => text),
        numbers.map((n) => `m${n}`),
      );
      t.same(events, numbers);
      await until(() => ben.scene.version === 60 && ada.scene.version === 60, 'the scene');
      t.same([...ada.scene.items], [...ben.scene.items]);
      t.ok(at.requests.filter(({ method }) => method === 'GET').length > 2, 'streams broke');
      t.ok(posts > 7, 'answers were lost');
      await until(() => ben.selection.holderOf('lamp') === 'ada', 'what was selected still is');
    },
  );

  t.test(`one stream serves several rooms; posts are few, and go one at a time (${TRANSPORT})`, async (t) => {
    const at = await clientStage(t, { TRANSPORT });
    let [open, most, posts] = [0, 0, 0];
    const counting: typeof fetch = async (input, init = {}) => {
      if (init.method !== 'POST') return fetch(input, init);
      posts += 1;
      open += 1;
      most = Math.max(most, open);
      return fetch(input, init).finally(() => {
        open -= 1;
      });
    };
    const clock = createManualClock();
    const client = at.client({ ...overStreams, fetch: counting, clock });
    clock.advance(0);
    const user = { userId: 'ada' };
    const rooms = ['a', 'b', 'c'].map((id) => client.join(id, { user }));
    const others = at.client();
    const seen = rooms.map(({ id }) => others.join(id, { user: { userId: 'ben' } }));
    await Promise.all([...rooms, ...seen].map((room) => room.joined));
    t.same(
      rooms.map((room) => room.status),
      ['joined', 'joined', 'joined'],
    );
    const cursors: Record<string, number> = {};
    for (const room of seen)
      room.on('cursor', ({ position }) =>
        Object.assign(cursors, { [room.id]: (position as { x: number }).x }),
      );
    const before = posts;
    for (let x = 1; x <= 60; x++) {
      for (const room of rooms) room.signal('cursor', { position: { x, y: 0 } });
      clock.advance(16);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const moved = () => rooms.every(({ id }) => cursors[id] === 60);
    while (!moved()) {
      clock.advance(16);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    t.ok(posts - before <= 14, `${posts - before} posts for 180 signals in a second`);
    await Promise.all(rooms.flatMap((room) => [1, 2, 3].map((n) => room.chat.send(String(n)))));
    t.equal(most, 1);
    for (const room of rooms) {
      const texts = () => room.chat.messages.map(({ text }) => text);
      await until(() => texts().length === 3, 'all messages');
      t.same(texts(), ['1', '2', '3']);
    }
    t.equal(posts - before <= 20, true);
  });

  t.test(`what the server says about coming back is heeded over streams, too (${TRANSPORT})`, async (t) => {
    const at = await clientStage(t, { TRANSPORT, AUTH: 'required' });
    const refused = at.client({ ...overStreams, token: 'forged' });
    const why = new Promise((resolve) => refused.on('error', resolve));
    t.match(await why, { code: 'TOKEN_INVALID' });
    t.equal(refused.status, 'closed');
    const guest = at.client(overStreams);
    t.match(await new Promise((resolve) => guest.on('error', resolve)), { code: 'UNAUTHENTICATED' });
    const expired = Math.floor(Date.now() / 1000) - 100;
    let asked = 0;
    const getToken = () => {
      asked += 1;
      return token({ sub: 'ada', rooms: ['*'], ...(asked === 1 ? { exp: expired } : {}) });
    };
    const client = at.client({ ...overStreams, getToken });
    const room = client.join('r');
    await room.joined;
    t.equal(asked, 2, 'with another token it may come back');
    const kicked = new Promise((resolve) => client.on('error', resolve));
    await fetch(`http://127.0.0.1:${at.server.port}/api/users/ada/disconnect`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await token({ sub: 'b', scope: 'publish' })}` },
    });
    t.match(await kicked, { code: 'KICKED' });
    t.equal(client.status, 'closed');
  });
}

t.test('a server that restarts is come back to over streams, when it says', async (t) => {
  const port = String(await freePort());
  let server = await startServer({ WS_PORT: port });
  const client = connect(`ws://127.0.0.1:${port}/`, { ...overStreams, ...fast, random: () => 0 });
  t.teardown(() => client.close());
  t.teardown(() => server.close());
  const room = client.join('r', { user: { userId: 'ada' } });
  await room.joined;
  await server.close();
  await until(() => client.status !== 'open', 'the end');
  const waiting = room.chat.send('said meanwhile');
  server = await startServer({ WS_PORT: port });
  client.retryNow();
  await waiting;
  await until(() => room.chat.messages.length === 1, 'the message');
  t.equal(client.transport, 'event-stream');
});

t.test('without a class for WebSockets, as in Node 20, it goes over an event stream at once', async (t) => {
  const at = await clientStage(t);
  t.intercept(globalThis, 'WebSocket' as never, { value: undefined });
  const client = connect(at.url);
  t.teardown(() => client.close());
  await client.join('r', { user: { userId: 'ada' } }).joined;
  t.equal(client.transport, 'event-stream');
  const none = connect(at.url, { transports: ['websocket'] });
  t.match(await new Promise((resolve) => none.on('error', resolve)), { code: 'NO_WEBSOCKET' });
});

t.test('a server without event streams is tried over WebSockets again', async (t) => {
  const at = await clientStage(t);
  let blocks = 2;
  const Sometimes = class extends WebSocket {
    constructor(url: string, protocols: string[]) {
      blocks -= 1;
      super(blocks >= 0 ? 'ws://127.0.0.1:9/' : url, protocols);
    }
  };
  const older: typeof fetch = async () => new Response('{"code":"NOT_FOUND"}', { status: 404 });
  const client = at.client({ WebSocket: Sometimes, fetch: older });
  await client.join('r', { user: { userId: 'ada' } }).joined;
  t.equal(client.transport, 'websocket');
});
