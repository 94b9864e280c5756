import { Socket as Engine } from 'engine.io-client';
import t from 'tap';
import { rawSocket } from './raw.ts';
import { onEach, Person, tokenOf } from './stage.ts';

t.setTimeout(550_000);

onEach(t, '[SO2] who has no token, a wrong one or an old one is told apart', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const refused = async (options: object, code: string) => {
    const one = await at.client({ ...options, reconnection: false });
    t.match(await one.next('connect_error'), { message: 'Authentication failed', data: { code } });
    t.notOk(one.socket.connected);
  };
  await refused({}, 'UNAUTHENTICATED');
  await refused({ auth: { token: 'nonsense' } }, 'TOKEN_INVALID');
  await refused({ auth: { token: await tokenOf('ada', { exp: 1000 }) } }, 'TOKEN_EXPIRED');
  const ada = await at.client({ as: 'ada' });
  await ada.next('connect');
  t.ok(ada.socket.connected, 'and who has one comes in');
});

onEach(t, '[SO2] a token may stand in the query or the Authorization header', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const token = await tokenOf('ada');
  const asks = [{ query: { token } }, { extraHeaders: { authorization: `Bearer ${token}` } }];
  for (const options of asks) {
    const one = await at.client({ namespace: '/scenes', ...options });
    t.match(await one.next('connected'), { userId: 'ada' });
  }
});

onEach(t, 'after a refusal the same client comes back with a new token', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const one = await at.client({ auth: { token: 'old' } });
  t.match(await one.next('connect_error'), { message: 'Authentication failed' });
  one.socket.auth = { token: await tokenOf('ada') };
  one.socket.connect();
  await one.next('connect');
  t.ok(one.socket.connected);
});

onEach(t, '[SO1] a namespace that does not exist is refused, and the others live on', async (t, start) => {
  const at = await start();
  const root = await at.client();
  await root.next('connect');
  const other = new Person(root.socket.io.socket('/constructor'));
  t.match(await other.next('connect_error'), { message: 'Invalid namespace' });
  t.match(await root.ask('join_room', { roomId: 'x' }), { roomId: 'x' });
});

onEach(
  t,
  '[SO1] a query behind a namespace’s name makes it no other',
  async (t, start) => {
    const at = await start();
    const raw = await rawSocket(t, at);
    raw.send('40/scenes?a=b,');
    await raw.until((packet) => packet.startsWith('40/scenes,'));
    const scene = JSON.stringify({ projectId: 'p', sceneId: 's' });
    raw.send(`42/scenes?a=b,1["joinScene",${scene}]`);
    const answered = raw.until((packet) => packet.startsWith('43/scenes,1[{"ok":true'));
    t.not(await Promise.race([answered, raw.closed.then(() => 'closed')]), 'closed');
  },
  ['websocket only'],
);

onEach(t, '[SO1] one connection serves several namespaces, each with an id of its own', async (t, start) => {
  const at = await start();
  const root = await at.client({ as: 'ada' });
  await root.next('connect');
  const scenes = new Person(root.socket.io.socket('/scenes', { auth: root.socket.auth as object }));
  t.match(await scenes.next('connected'), { userId: 'ada' });
  t.not(scenes.socket.id, root.socket.id);
  scenes.socket.disconnect();
  t.match(await root.ask('join_room', { roomId: 'x' }), { roomId: 'x' }, 'leaving one leaves the others');
});

const HOUR_MS = 3_600_000;

onEach(
  t,
  '[SO2] [SO5] a client is told before its token ends, and disconnected when it does',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const exp = Math.ceil((Date.now() + HOUR_MS) / 1000);
    const one = await at.client({ auth: { token: await tokenOf('ada', { exp }) }, reconnection: false });
    await one.next('connect');
    at.later(HOUR_MS - 30_000);
    t.match(await one.next('auth_expiring'), { expiresAt: exp * 1000 });
    at.later(31_000);
    t.equal(await one.next('disconnect'), 'io server disconnect');
  },
);

onEach(t, '[SO2] a new token in an `auth` event keeps the connection', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const exp = (inMs: number) => Math.ceil((Date.now() + inMs) / 1000);
  const one = await at.client({ auth: { token: await tokenOf('ada', { exp: exp(HOUR_MS) }) } });
  await one.next('connect');
  t.match(await one.ask('auth', { token: await tokenOf('ada', { exp: exp(2 * HOUR_MS) }) }), { ok: true });
  at.later(2 * HOUR_MS - 30_000);
  await one.next('auth_expiring');
  t.match(await one.ask('join_room', { roomId: 'x' }), { roomId: 'x' });
});

onEach(
  t,
  '[SO4] unknown events and arguments of no sense are answered with an error that says why',
  async (t, start) => {
    const at = await start();
    const one = await at.client();
    t.match(await one.ask('constructor', {}), { ok: false, code: 'UNKNOWN_TYPE', event: 'constructor' });
    one.emit('join_room', { roomId: 7 });
    t.match(await one.next('error'), { code: 'INVALID_FIELD', path: 'roomId', event: 'join_room' });
    t.match(await one.ask('join_room', 'x'), { ok: false, code: 'INVALID_FIELD' });
    one.emit('send_message', { roomId: 'elsewhere', message: 'hi' });
    t.match(await one.next('error'), { code: 'NOT_JOINED', event: 'send_message' });
  },
);

onEach(t, '[SO6] a client that joins no namespace is closed after CONNECT_TIMEOUT_MS', async (t, start) => {
  const at = await start({ CONNECT_TIMEOUT_MS: '300' });
  const engine = new Engine(at.url(), { path: '/socket.io/', transports: [...at.transports] });
  t.equal(await new Promise((resolve) => engine.once('close', resolve)), 'transport close');
});
