import t from 'tap';
import { WebSocket } from 'ws';
import { type Client, connect } from '../../clients/client/index.ts';
import { clientStage, until } from './stage.ts';

const ada = { user: { userId: 'ada' } };
const bigint = { n: 1n };
const circular: Record<string, unknown> = {};
circular.self = circular;

/** Why the client has ended. */
const endOf = (client: Client) => new Promise((resolve) => client.on('error', ({ code }) => resolve(code)));

t.test('what cannot be JSON is refused, and does not stay in the scene', async (t) => {
  const at = await clientStage(t);
  const client = at.client();
  const room = client.join('r', ada);
  await room.joined;
  const refused: unknown[] = [];
  room.scene.on('refused', ({ error }) => refused.push(error.code));
  for (const data of [bigint, circular]) {
    await t.rejects(room.scene.add('lamp', data), { code: 'NOT_JSON' });
    t.equal(room.scene.items.size, 0);
    await t.rejects(room.relay('said', data), { code: 'NOT_JSON' });
  }
  t.same(refused, ['NOT_JSON', 'NOT_JSON']);
  t.notOk(room.scene.canUndo);
  t.throws(() => client.join('other', { user: bigint }), TypeError);
  t.notOk(client.rooms.has('other'));
  t.equal(room.pending, 0);
});

t.test('a signal that cannot be JSON is refused at once, and those after it are sent', async (t) => {
  const at = await clientStage(t);
  const [room, ben] = [at.client().join('r', ada), at.client().join('r', { user: { userId: 'ben' } })];
  await Promise.all([room.joined, ben.joined, room.cameras.view('p')]);
  const seen: unknown[] = [];
  ben.on('cursor', ({ position }) => seen.push(position));
  for (const data of [bigint, circular]) {
    t.throws(() => room.signal('cursor', { position: data }), TypeError);
    t.throws(() => room.cameras.move('p', { target: data as never }), TypeError);
  }
  room.signal('cursor', { position: { x: 1 } });
  await until(() => seen.length > 0, 'what is right');
  t.same(seen, [{ x: 1 }]);
});

t.test(
  'a description that is refused changes nothing, neither now nor when the client comes back',
  async (t) => {
    const at = await clientStage(t);
    const [room, ben] = [at.client().join('r', ada), at.client().join('r', { user: { userId: 'ben' } })];
    await Promise.all([room.joined, ben.joined]);
    await room.presence.update({ color: 'red' });
    await t.rejects(room.presence.update({ about: 'x'.repeat(3000) }), { code: 'INVALID_FIELD' });
    await t.rejects(room.presence.update(bigint), { code: 'NOT_JSON' });
    at.sockets[0]?.terminate();
    await until(() => room.status === 'joining', 'the end of the connection');
    const updated = [room.presence.update({ color: 'blue' }), room.presence.update({ mood: 'fine' })];
    t.equal(room.pending, 1, 'what is said of it meanwhile is said at once');
    await Promise.all(updated);
    t.equal(room.status, 'joined');
    await until(() => ben.presence.others[0]?.mood === 'fine', 'the mood');
    t.match(ben.presence.others, [{ userId: 'ada', color: 'blue', mood: 'fine', about: undefined }]);
  },
);

t.test('a description that is given while one joins is told, too', async (t) => {
  const at = await clientStage(t);
  const [client, ben] = [at.client(), at.client().join('r', { user: { userId: 'ben' } })];
  await Promise.all([ben.joined, client.join('other', ada).joined]);
  // The connection is open, and the join is sent at once.
  const room = client.join('r', ada);
  await room.presence.update({ color: 'red' });
  await until(() => ben.presence.others[0]?.color === 'red', 'the colour');
  t.match(room.presence.self, { userId: 'ada', color: 'red' });
});

t.test('what is no token ends the client, and says why', async (t) => {
  const at = await clientStage(t);
  t.equal(await endOf(at.client({ token: '' })), 'INVALID_FIELD');
  // As of a store that has none.
  const getToken = () => null as unknown as string;
  const client = at.client({ getToken });
  t.equal(await endOf(client), 'INVALID_FIELD');
  t.equal(client.status, 'closed');
});

t.test('what cannot be the id of a room is refused', async (t) => {
  const at = await clientStage(t);
  const client = at.client();
  const errors: unknown[] = [];
  client.on('error', ({ code }) => errors.push(code));
  const room = client.join('r', ada);
  for (const id of ['', 'x'.repeat(1000)]) {
    const wrong = client.join(id, ada);
    await t.rejects(wrong.joined, { code: 'INVALID_FIELD', details: { path: 'roomId' } });
    t.equal(wrong.status, 'refused');
  }
  await room.joined;
  t.same([...client.rooms.keys()], ['r']);
  t.same(errors, [], 'the room has told it');
});

t.test('what cannot be the address of a server ends the client, and says why', async (t) => {
  for (const url of ['', '127.0.0.1:3001/ws', 'localhost:3001/ws', 'ws://']) {
    for (const options of [{}, { WebSocket, transports: ['websocket'] }] as const) {
      const client = connect(url, { backoff: { minMs: 1, maxMs: 1 }, ...options });
      t.teardown(() => client.close());
      t.equal(await endOf(client), 'INVALID_URL', url);
      t.equal(client.status, 'closed');
    }
  }
});

t.test(
  'a command that fits only where none goes before it is refused at once, and holds up nobody',
  async (t) => {
    const at = await clientStage(t);
    const client = at.client();
    const errors: unknown[] = [];
    client.on('error', ({ code }) => errors.push(code));
    const room = client.join('r', ada);
    await room.joined;
    const said = (text: string) => ({
      opId: 'x'.repeat(20),
      type: 'relay',
      event: 'said',
      data: text,
      roomId: 'r',
    });
    const text = 'x'.repeat(64 * 1024 - JSON.stringify(said('')).length - 10);
    const [first, large, last] = [room.chat.send('one'), room.relay('said', text), room.chat.send('two')];
    await t.rejects(large, { code: 'MESSAGE_TOO_LARGE' });
    await Promise.all([first, last]);
    t.same(errors, []);
  },
);

t.test(
  'what is given before the limit is known, and is over it, is refused, and holds up nobody',
  async (t) => {
    const at = await clientStage(t, { MAX_MESSAGE_BYTES: '8192' });
    const room = at.client().join('r', ada);
    const given = ['one', 'x'.repeat(10_000), 'x'.repeat(10_000), 'two'].map((text) => room.chat.send(text));
    const large = { status: 'rejected', reason: { code: 'MESSAGE_TOO_LARGE', details: { limit: 8192 } } };
    t.match(await Promise.allSettled(given), [
      { status: 'fulfilled' },
      large,
      large,
      { status: 'fulfilled' },
    ]);
    t.equal(room.pending, 0);
    await until(() => room.chat.messages.length === 2, 'what is small enough');
    t.same(
      room.chat.messages.map(({ text }) => text),
      ['one', 'two'],
    );
  },
);
