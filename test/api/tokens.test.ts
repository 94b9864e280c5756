import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[ID10] tokens are taken back over HTTP, by an admin (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, AUTH: 'required' });
    t.teardown(() => server.close());
    const url = `http://127.0.0.1:${server.port}/api/tokens/revoke`;
    const root = await tokenOf('root', { scope: 'admin' });
    const post = async (body: unknown, token: string | undefined = root) => {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const token = await tokenOf('ada', { jti: 'a' });
    const ada = await connect(server.port, { headers: { authorization: `Bearer ${token}` } });
    await ada.nextOf('welcome');

    t.match(await post({ jti: 'a' }, ''), { status: 401, body: { code: 'UNAUTHENTICATED' } });
    t.match(await post({ jti: 'a' }, token), { status: 403, body: { code: 'FORBIDDEN' } });
    const publisher = await tokenOf('p', { scope: 'publish' });
    t.match(await post({ jti: 'a' }, publisher), { status: 403, body: { code: 'FORBIDDEN' } });
    t.match(await post('nonsense'), { status: 400, body: { code: 'NOT_JSON' } });
    t.match(await post({}), { status: 422, body: { code: 'INVALID_FIELD', path: 'jti' } });
    t.match(await post({ jti: 'a', sub: 'ada' }), { status: 422, body: { path: 'jti' } });
    t.match(await post({ sub: 7 }), { status: 422, body: { path: 'sub' } });
    t.match(await post({ token: 'x.y.z' }), { status: 422, body: { path: 'token' } });
    const seconds = Math.floor(Date.now() / 1000) + 600;
    t.match(await post({ sub: 'ada', expiresAt: seconds }), { status: 422, body: { path: 'expiresAt' } });

    t.same(await post({ token }), { status: 200, body: { disconnected: 1 } });
    t.equal((await ada.closed).code, 4104);
    t.match(await post({ jti: 'a' }, token), { status: 401, body: { code: 'TOKEN_REVOKED' } });
    t.same(await post({ sub: 'nobody' }), { status: 200, body: { disconnected: 0 } });
  });
}
