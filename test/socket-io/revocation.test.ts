import { once } from 'node:events';
import t from 'tap';
import { connect } from '../support/client.ts';
import { onEach, tokenOf } from './stage.ts';

onEach(
  t,
  '[ID10] [SO5] a revocation reaches clients of every kind, and those who come later',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const [token, other] = [await tokenOf('ada', { jti: 'a' }), await tokenOf('ben', { jti: 'b' })];
    const ada = await at.client({ auth: { token } });
    const scene = await at.client({ namespace: '/scenes', auth: { token } });
    const spared = await at.client({ auth: { token: other } });
    const native = await connect(at.server.port, { headers: { authorization: `Bearer ${token}` } });
    const away = await at.client({ auth: { token }, reconnection: false });
    for (const one of [ada, scene, spared, away]) await one.next('connect');
    await native.nextOf('welcome');
    for (const one of [spared, away]) await one.ask('join_room', { roomId: 'r' });
    away.socket.io.engine.close();
    await away.next('disconnect');
    await spared.next('user_left');

    t.same(await at.server.revoke({ jti: 'a' }), { disconnected: 3 });
    for (const one of [ada, scene]) t.equal(await one.next('disconnect'), 'io server disconnect');
    t.same(await native.closed, { code: 4104, reason: '{"code":"TOKEN_REVOKED"}' });
    for (const one of [ada, away]) {
      one.socket.connect();
      t.match(await one.next('connect_error'), {
        message: 'Authentication failed',
        data: { code: 'TOKEN_REVOKED' },
      });
    }
    const again = await connect(at.server.port, { headers: { authorization: `Bearer ${token}` } });
    t.equal((await again.closed).code, 4104);
    t.match(await spared.ask('auth', { token }), { ok: false, code: 'TOKEN_REVOKED' });
    t.match(await spared.ask('join_room', { roomId: 'x' }), { roomId: 'x' }, 'who has another token stays');
  },
);

onEach(
  t,
  '[ID6] a native connection is told before its token ends, goes on with a new one, and ends without',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const exp = (inMs: number) => Math.ceil((Date.now() + inMs) / 1000);
    const HOUR_MS = 3_600_000;
    const authorization = `Bearer ${await tokenOf('ada', { exp: exp(HOUR_MS) })}`;
    const ada = await connect(at.server.port, { headers: { authorization } });
    t.teardown(() => ada.socket.terminate());
    at.later(HOUR_MS - 30_000);
    await ada.nextOf('auth_expiring');
    const fresh = await tokenOf('ada', { exp: exp(2 * HOUR_MS) });
    t.match(await ada.ask({ type: 'auth', token: fresh }), { type: 'ack' });
    at.later(HOUR_MS);
    await ada.nextOf('auth_expiring');
    at.later(31_000);
    t.equal((await ada.closed).code, 4101);
  },
  ['websocket only'],
);

onEach(t, '[ID2] [SO2] a cookie counts from an allowed origin only', async (t, start) => {
  const at = await start({ AUTH: 'required', CORS_ORIGIN: 'https://app.example' });
  const cookie = `token=${await tokenOf('ada')}`;
  const from = (origin: string) => ({ extraHeaders: { cookie, origin } });
  const good = await at.client(from('https://app.example'));
  await good.next('connect');
  const bad = await at.client({ ...from('https://evil.example'), reconnection: false });
  t.match(await bad.next('connect_error'), { data: { code: 'ORIGIN_REFUSED' } });
  const native = await connect(at.server.port, { headers: from('https://evil.example').extraHeaders });
  t.equal((await native.closed).code, 4105);
  const welcome = await connect(at.server.port, { headers: from('https://app.example').extraHeaders });
  t.match(await welcome.nextOf('welcome'), { userId: 'ada' });
  welcome.socket.close();
  await once(welcome.socket, 'close');
});
