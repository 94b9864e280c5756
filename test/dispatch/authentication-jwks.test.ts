import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK, UnsecuredJWT } from 'jose';
import t, { type Test } from 'tap';
import { createVerifyToken } from '../../server/dispatch/authentication.ts';
import type { TokenKeys } from '../../server/dispatch/keys.ts';
import type { User } from '../../server/dispatch/principal.ts';
import { clock, ec, ed, pem, refused, rsa, START_MS, START_S, secret, sign } from '../support/tokens.ts';

t.beforeEach(() => {
  clock.nowMs = START_MS;
});

/** A key set over HTTP that can be changed and taken down. */
async function keyServer(t: Test) {
  const state = { keys: [] as JWK[], status: 200, fetches: 0 };
  const server = createServer((_request, response) => {
    state.fetches++;
    response.writeHead(state.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
  return { state, keys: { kind: 'jwks', url } satisfies TokenKeys, server };
}

t.test('keys from a URL, fetched once, and again for a key that is not known', async (t) => {
  const { state, keys } = await keyServer(t);
  state.keys = [{ ...(await exportJWK(rsa.publicKey)), kid: 'one' }];
  const verify = createVerifyToken({ keys, clock, jwksCooldownMs: 0 });
  t.equal(state.fetches, 0, 'nothing is fetched before it is needed');
  t.match(await verify(await sign({ sub: 'ada' }, 'RS256', rsa.privateKey, 'one')), { userId: 'ada' });
  t.match(await verify(await sign({ sub: 'bob' }, 'PS256', rsa.privateKey, 'one')), { userId: 'bob' });
  t.equal(state.fetches, 1);
  const rotated = await sign({ sub: 'ada' }, 'ES256', ec.privateKey, 'two');
  await refused(t, verify, rotated);
  state.keys = [{ ...(await exportJWK(ec.publicKey)), kid: 'two' }];
  t.match(await verify(rotated), { userId: 'ada' });
  await refused(t, verify, await sign({ sub: 'eve' }, 'RS256', rsa.privateKey, 'one'));
});

t.test('unknown keys do not lead to a fetch each', async (t) => {
  const { state, keys } = await keyServer(t);
  state.keys = [{ ...(await exportJWK(rsa.publicKey)), kid: 'one' }];
  const verify = createVerifyToken({ keys, clock });
  await verify(await sign({ sub: 'ada' }, 'RS256', rsa.privateKey, 'one'));
  for (const kid of ['a', 'b', 'c'])
    await refused(t, verify, await sign({ sub: 'eve' }, 'ES256', ec.privateKey, kid));
  t.equal(state.fetches, 1);
});

t.test('a key set admits no secret and no alg none', async (t) => {
  const { state, keys } = await keyServer(t);
  const oct = { kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'one' };
  state.keys = [oct, { ...(await exportJWK(rsa.publicKey)), kid: 'two' }];
  const verify = createVerifyToken({ keys, clock });
  await refused(t, verify, await sign({ sub: 'eve' }, 'HS256', secret, 'one'));
  await refused(
    t,
    verify,
    await sign({ sub: 'eve' }, 'HS256', Buffer.from(String(rsa.publicKey.export(pem))), 'two'),
  );
  await refused(t, verify, new UnsecuredJWT({ sub: 'eve' }).encode());
  t.equal(state.fetches, 0, 'these are refused before a key is looked for');
});

t.test('a token without kid is tried with every key that fits', async (t) => {
  const { state, keys } = await keyServer(t);
  const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
  state.keys = [await exportJWK(next.publicKey), await exportJWK(rsa.publicKey)];
  const verify = createVerifyToken({ keys, clock });
  t.match(await verify(await sign({ sub: 'ada' }, 'RS256', rsa.privateKey)), { userId: 'ada' });
  t.match(await verify(await sign({ sub: 'bob' }, 'RS256', next.privateKey)), { userId: 'bob' });
  await refused(
    t,
    verify,
    await sign({ sub: 'ada', exp: START_S - 60 }, 'RS256', rsa.privateKey),
    'TOKEN_EXPIRED',
  );
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await refused(t, verify, await sign({ sub: 'eve' }, 'RS256', other.privateKey));
});

t.test('keys that cannot be fetched are said to be so, and asked for again', async (t) => {
  const { state, keys } = await keyServer(t);
  const causes: unknown[] = [];
  const fetchFailed = (error: unknown) => causes.push(error);
  const verify = createVerifyToken({ keys, clock, fetchFailed });
  const token = await sign({ sub: 'ada' }, 'EdDSA', ed.privateKey);
  state.status = 503;
  await refused(t, verify, token, 'KEYS_UNAVAILABLE');
  state.status = 200;
  clock.nowMs += 1000;
  state.keys = [{ kty: 1 }] as never;
  await refused(t, verify, token);
  state.keys = [await exportJWK(ed.publicKey)];
  const again = createVerifyToken({ keys, clock });
  t.match(await again(token), { userId: 'ada' });
  t.match(causes, [{ message: /200 OK/ }]);
  const away = createVerifyToken({ keys: { kind: 'jwks', url: new URL('http://127.0.0.1:1/') }, clock });
  await refused(t, away, token, 'KEYS_UNAVAILABLE');
});

t.test(
  'a rotation: both keys count while both are there, and known ones while the address is down',
  async (t) => {
    const { state, keys } = await keyServer(t);
    const jwk = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid });
    const [old, next] = [await jwk(rsa.publicKey, 'old'), await jwk(ec.publicKey, 'next')];
    const by = (kid: 'old' | 'next', sub: string) =>
      kid === 'old'
        ? sign({ sub }, 'RS256', rsa.privateKey, 'old')
        : sign({ sub }, 'ES256', ec.privateKey, 'next');
    state.keys = [old];
    const verify = createVerifyToken({ keys, clock, jwksCooldownMs: 0 });
    t.match(await verify(await by('old', 'a')), { userId: 'a' });
    state.keys = [old, next];
    t.match(await verify(await by('next', 'b')), { userId: 'b' });
    t.match(await verify(await by('old', 'c')), { userId: 'c' });
    state.status = 503;
    t.match(await verify(await by('next', 'd')), { userId: 'd' });
    t.match(await verify(await by('old', 'e')), { userId: 'e' });
    state.status = 200;
    state.keys = [next];
    // A key that is not known leads to a look, by which the old one is gone.
    await refused(t, verify, await sign({ sub: 'eve' }, 'EdDSA', ed.privateKey, 'unknown'));
    await refused(t, verify, await by('old', 'f'));
    t.match(await verify(await by('next', 'g')), { userId: 'g' });
  },
);

t.test('under a key set a token is remembered no longer than the keys', async (t) => {
  const { state, keys } = await keyServer(t);
  state.keys = [await exportJWK(ed.publicKey)];
  const verify = createVerifyToken({ keys, clock, jwksMaxAgeMs: 60_000 });
  const token = await sign({ sub: 'ada' }, 'EdDSA', ed.privateKey);
  const user: User = await verify(token);
  clock.nowMs = START_MS + 59_999;
  t.equal(verify(token), user);
  clock.nowMs = START_MS + 60_000;
  t.ok(verify(token) instanceof Promise);
});

t.test(
  'strangers do not make the server call an address that is down for each of their tokens',
  async (t) => {
    const { state, keys } = await keyServer(t);
    const causes: unknown[] = [];
    const fetchFailed = (error: unknown) => causes.push(error);
    for (const broken of [{ status: 503 }, { keys: null as never }]) {
      Object.assign(state, { status: 200, keys: [], fetches: 0 }, broken);
      causes.length = 0;
      const verify = createVerifyToken({ keys, clock, fetchFailed });
      const tokens = ['a', 'b', 'c'].map((sub) => sign({ sub }, 'EdDSA', ed.privateKey));
      const [one, ...others] = await Promise.all(tokens);
      // Two at once, then one after the other.
      await Promise.all([one, one].map((same) => refused(t, verify, same ?? '', 'KEYS_UNAVAILABLE')));
      for (const other of others) await refused(t, verify, other, 'KEYS_UNAVAILABLE');
      t.equal(state.fetches, 1);
      t.equal(causes.length, 1, 'the log hears of it once, too');
      clock.nowMs += 1000;
      await refused(t, verify, one ?? '', 'KEYS_UNAVAILABLE');
      t.equal(state.fetches, 2);
    }
  },
);

t.test('a key set without an end is not read to its end', async (t) => {
  const { state, keys } = await keyServer(t);
  const causes: unknown[] = [];
  const fetchFailed = (error: unknown) => causes.push(error);
  const padding = { kty: 'RSA', x: 'x'.repeat(2 * 1024 * 1024) };
  state.keys = [padding, await exportJWK(ed.publicKey)];
  const verify = createVerifyToken({ keys, clock, fetchFailed });
  await refused(t, verify, await sign({ sub: 'ada' }, 'EdDSA', ed.privateKey), 'KEYS_UNAVAILABLE');
  t.match(causes, [{ message: /bytes/ }]);
});
