import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { add, onBoth, type Posted, SCENE, update } from './stage.ts';

const names = ({ users }: { users: { userId: string }[] }) => users.map(({ userId }) => userId).join();

onBoth(t, '[ES8] posts are validated and answered as commands are', async (t, start) => {
  const at = await start({ MAX_MESSAGE_BYTES: '8192' });
  await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const say = (body: unknown, what = `${SCENE}/operations`) => at.post(what, body, { as: 'ada' });
  const good = { clientId: 'a', operation: add('x') };
  t.match(await say({ ...good, opId: 'o1', version: 0 }), {
    status: 200,
    body: { ok: true, roomId: 'scene:p:s', version: 1, opId: 'o1' },
  });
  t.match(await say({ clientId: 'a', operations: [update('x', { a: 2 }), update('x', { b: 3 })] }), {
    status: 200,
    body: { version: 3 },
  });
  const cases: [unknown, number, object, string?][] = [
    ['no json', 400, { code: 'NOT_JSON' }],
    ['[]', 422, { code: 'INVALID_FIELD' }],
    [{ operation: add('y') }, 422, { code: 'INVALID_FIELD', path: 'clientId', expected: String }],
    [{ clientId: 'a' }, 422, { code: 'INVALID_FIELD', path: 'operation' }],
    [{ clientId: 'a', operation: { ...add('x'), type: 'nonsense' } }, 422, { path: 'operation.type' }],
    [{ clientId: 'a', operation: update('nowhere', {}) }, 404, { code: 'NOT_FOUND', item: 'nowhere' }],
    [good, 409, { code: 'ALREADY_EXISTS', item: 'x' }],
    [`{"clientId":"a","operation":{"__proto__":{}}}`, 422, { code: 'FORBIDDEN_KEY' }],
    [{ ...good, userId: 'ben' }, 403, { code: 'IDENTITY_MISMATCH' }],
    [{ clientId: 'a', text: 'x'.repeat(9000) }, 413, { code: 'MESSAGE_TOO_LARGE' }, 'messages'],
    [{ clientId: 'a', text: '' }, 422, { path: 'text' }, 'messages'],
    [{ clientId: 'a', type: 'dance' }, 422, { path: 'type' }, 'signals'],
    [{ clientId: 'a', type: 'typing' }, 422, { path: 'isTyping' }, 'signals'],
    [
      { clientId: 'a', type: 'camera', planetId: 'mars', camera: {} },
      409,
      { code: 'NOT_VIEWING' },
      'signals',
    ],
    [{ clientId: 'a', documentId: 'd', operation: [9], version: 0 }, 422, {}, 'texts'],
    [{ clientId: 'a', documentId: 'd', operation: ['x'], version: 9 }, 409, {}, 'texts'],
  ];
  for (const [body, status, answer, room] of cases) {
    const what = room === undefined ? `${SCENE}/operations` : `/rooms/scene:p:s/${room}`;
    t.match(await say(body, what), { status, body: answer }, `${what} ${JSON.stringify(body)}`);
  }
  const conflict = await at.post(
    `${SCENE}/operations`,
    { clientId: 'b', operation: update('x', { a: 9 }), version: 1 },
    { as: 'ben' },
  );
  t.match(conflict, { status: 409, body: { code: 'VERSION_CONFLICT', version: 3, current: { a: 2 } } });
  const plain = await fetch(at.url(`${SCENE}/operations`), {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf('ada')}`, 'content-type': 'text/plain' },
    body: JSON.stringify(good),
  });
  t.equal(plain.status, 415);
});

onBoth(t, '[ES8] stream and posts are one member: it does not hear its own', async (t, start) => {
  const at = await start();
  const all = `events=presence,texts,published,cursors`;
  const ada = await at.open(`/rooms/r/events?clientId=a&${all}`, { as: 'ada' });
  const ben = await at.open(`/rooms/r/events?clientId=b&${all}`, { as: 'ben' });
  const say = (what: string, body: object) =>
    at.post(`/rooms/r/${what}`, { clientId: 'a', ...body }, { as: 'ada' });
  await say('texts', { documentId: 'd', operation: ['abc'], version: 0 });
  await say('relays', { event: 'own', data: 1 });
  await say('signals', { type: 'cursor', position: [0, 0] });
  await say('relays', { event: 'toAll', data: 2, toAll: true });
  await ada.next('toAll');
  for (const event of ['text', 'own', 'cursor']) {
    await ben.next(event);
    t.same(ada.named(event), []);
  }
  const { users } = ada.named('presence').at(-1)?.data ?? {};
  t.match(users, [
    { userId: 'ada', connections: 1 },
    { userId: 'ben', connections: 1 },
  ]);
});

onBoth(t, '[ES8] somebody else’s clientId is of no use', async (t, start) => {
  const at = await start();
  const ada = await at.open(`/rooms/r/events?clientId=a&events=presence,messages`, { as: 'ada' });
  await at.post('/rooms/r/messages', { clientId: 'a', text: 'not from ada' }, { as: 'eve' });
  t.match(await ada.next('message'), { data: { userId: 'eve' } });
  await at.post('/rooms/r/messages', { clientId: 'a', userId: 'ada', text: 'from a guest' });
  await at.post('/rooms/r/leave', { clientId: 'a' }, { as: 'eve' });
  await ada.next('presence', (data) => names(data) === 'ada');
  t.equal(ada.isEnded, false);
  t.same(
    ada.named('message').map(({ data }) => data.userId),
    ['eve'],
    'nobody passes for who has a token',
  );
});

onBoth(t, '[ES8] a post that is sent again is applied once', async (t, start) => {
  const env = { STORE: 'lmdb', DATA_DIR: t.testdir() };
  const at = await start(env);
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const send = () =>
    at.post(`${SCENE}/operations`, { clientId: 'a', opId: 'o', operation: add('x') }, { as: 'ada' });
  const answers: Posted[] = [await send(), await send(), ...(await Promise.all([send(), send()]))];
  await at.restart();
  answers.push(await send());
  for (const one of answers) t.match(one, { status: 200, body: { version: 1, opId: 'o' } });
  t.equal(ada.named('sceneDelta').length, 1);
});

onBoth(t, '[ES8] too many posts are refused, each of them told', async (t, start) => {
  const at = await start({ STREAM_LIMIT: '5/100s' });
  await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const posts = Array.from({ length: 40 }, (_, index) =>
    at.post(`${SCENE}/operations`, { clientId: 'a', operation: add(`i${index}`) }, { as: 'ada' }),
  );
  const answers = await Promise.all(posts);
  const refused = answers.filter(({ status }) => status === 429);
  t.ok(refused.length > 0, 'some are refused');
  t.equal(answers.filter(({ status }) => status === 200).length, 40 - refused.length);
  for (const { headers, body } of refused) {
    t.match(body, { code: 'RATE_LIMITED', retryAfterMs: Number });
    t.match(headers.get('retry-after'), /^\d+$/);
  }
});

onBoth(t, '[ES8] ten times the limit ends the stream, and nothing is left waiting', async (t, start) => {
  const at = await start({ STREAM_LIMIT: '2/100s', API_LIMIT: '10000/1s' });
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  const posts = Array.from({ length: 40 }, (_, index) =>
    at.post('/rooms/scene:p:s/signals', { clientId: 'a', type: 'scroll', position: index }, { as: 'ada' }),
  );
  t.match(await ada.next('close'), { data: { code: 'FLOOD', reconnect: false } });
  await ada.ended();
  for (const { status } of await Promise.all(posts)) t.ok(status === 200 || status === 429, `${status}`);
});

onBoth(t, '[ES9] a stream that opens while posts are under way is one member with them', async (t, start) => {
  const at = await start({ STORE: 'lmdb', DATA_DIR: t.testdir() });
  const post = (roomId: string) =>
    at.post(`/rooms/${roomId}/messages`, { clientId: 'a', text: 'hi' }, { as: 'ada' });
  for (let round = 0; round < 10; round++) {
    const early = [post(`r${round}`), post(`r${round}`)];
    await new Promise((resolve) => setTimeout(resolve, round));
    const ada = await at.open(`/rooms/r${round}/events?clientId=a&events=presence`, { as: 'ada' });
    for (const answer of [...(await Promise.all(early)), await post(`r${round}`)])
      t.match(answer, { status: 200 });
    await ada.next('presence', ({ users }) => users[0].connections === 1);
    const { users } = ada.named('presence').at(-1)?.data ?? {};
    t.match(users, [{ userId: 'ada', connections: 1 }]);
  }
});

onBoth(t, '[ES9] who only posts is a member for as long', async (t, start) => {
  const at = await start({ HEARTBEAT_MS: '1000', HEARTBEAT_GRACE_MS: '90000' });
  const ben = await at.open(`${SCENE}/events?clientId=b&events=presence,selections`, { as: 'ben' });
  const post = (what: string, body: object) =>
    at.post(`/rooms/scene:p:s/${what}`, { clientId: 'a', ...body }, { as: 'ada' });
  const both = await Promise.all([
    post('operations', { operation: add('x') }),
    post('operations', { operation: add('y') }),
  ]);
  for (const one of both) t.match(one, { status: 200 });
  t.match((await ben.next('presence', (data) => names(data) === 'ben,ada')).data.users[1], {
    connections: 1,
  });
  await post('selections', { planetId: 'x' });
  await ben.next('selections', ({ selected }) => selected.x?.[0] === 'ada');
  // Its stream takes the place over, without anybody seeing it go.
  const seen = ben.named('presence').length;
  const ada = await at.open(`${SCENE}/events?clientId=a&events=presence,selections`, { as: 'ada' });
  t.match(await ada.next('selections'), { data: { selected: { x: ['ada'] } } });
  await post('operations', { operation: add('z') });
  await ben.next('sceneDelta', ({ delta }) => delta.toVersion === 3);
  t.notOk(
    ben
      .named('presence')
      .slice(seen)
      .some(({ data }) => names(data) !== 'ben,ada'),
  );
  ada.close();
  const latest = () => names(ben.named('presence').at(-1)?.data);
  while (latest() !== 'ben') await at.pass(10_000, 1000);
  await post('messages', { text: 'there again' });
  while (latest() !== 'ben,ada') await at.pass(16);
  while (latest() !== 'ben') await at.pass(10_000, 1000);
});

onBoth(
  t,
  '[ES1] clients of three kinds in one scene hear each operation once, in one order',
  async (t, start) => {
    const { io } = await import('socket.io-client');
    const at = await start();
    const { port } = at.server;
    const heard: Record<string, { toVersion: number; operations: { id: string }[] }[]> = {
      native: [],
      socket: [],
      stream: [],
    };
    const native = await connect(port, { headers: { authorization: `Bearer ${await tokenOf('nia')}` } });
    t.teardown(() => native.close());
    await native.ask({ type: 'join', roomId: 'scene:p:s', scene: true });
    const socket = io(`http://127.0.0.1:${port}/scenes`, {
      forceNew: true,
      auth: { token: await tokenOf('sue') },
    });
    t.teardown(() => socket.disconnect());
    socket.on('sceneDelta', ({ delta }) => heard.socket?.push(delta));
    socket.emit('joinScene', { projectId: 'p', sceneId: 's' });
    await new Promise((resolve) => socket.once('sceneJoined', resolve));
    const stream = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
    await stream.next('sceneState');
    for (let round = 0; round < 5; round++) {
      const sent = await Promise.all([
        native.ask({ type: 'sceneOperation', operation: add(`native-${round}`) }),
        socket.timeout(100_000).emitWithAck('sceneOperation', add(`socket-${round}`)),
        at.post(`${SCENE}/operations`, { clientId: 'a', operation: add(`stream-${round}`) }, { as: 'ada' }),
      ]);
      t.match(sent, [{ ok: true }, { ok: true }, { status: 200 }]);
    }
    await stream.next('sceneDelta', ({ delta }) => delta.toVersion === 15);
    await native.next(({ type, toVersion }) => type === 'sceneDelta' && toVersion === 15);
    while (heard.socket?.at(-1)?.toVersion !== 15) await at.pass(16);
    heard.stream = stream.named('sceneDelta').map(({ data }) => data.delta);
    heard.native = native.messages.filter(({ type }) => type === 'sceneDelta') as never;
    const orders = Object.values(heard).map((deltas) =>
      deltas.flatMap(({ operations }) => operations.map(({ id }) => id)),
    );
    t.equal(new Set(orders[0]).size, 15);
    t.equal(orders[0]?.length, 15, 'each once');
    t.same(orders[1], orders[0]);
    t.same(orders[2], orders[0]);
  },
);
