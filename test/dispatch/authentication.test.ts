import { createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { type JWTPayload, jwtVerify, UnsecuredJWT } from 'jose';
import t from 'tap';
import { createVerifyToken } from '../../server/dispatch/authentication.ts';
import {
  clock,
  ec,
  ed,
  pem,
  publicKeys,
  refused,
  rsa,
  START_MS,
  START_S,
  secret,
  secretKeys,
  sign,
} from '../support/tokens.ts';

t.beforeEach(() => {
  clock.nowMs = START_MS;
});

t.test('a token says who somebody is', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const exp = START_S + 60;
  const claims = {
    sub: 'ada',
    name: 'Ada',
    email: 'a@b.example',
    role: 'viewer',
    projects: ['p'],
    rooms: ['x*'],
    exp,
  };
  const shown = async (given: JWTPayload) => {
    const { proof: _, ...user } = await verify(await sign(given));
    return user;
  };
  t.same(await shown({ ...claims, scope: 'publish admin' }), {
    kind: 'user',
    userId: 'ada',
    name: 'Ada',
    email: 'a@b.example',
    role: 'viewer',
    projects: ['p'],
    rooms: ['x*'],
    scope: ['publish', 'admin'],
    expiresAt: exp * 1000,
  });
  t.same(await shown({ userId: 'ada', userName: 'Ada', scope: ['publish'] }), {
    kind: 'user',
    userId: 'ada',
    name: 'Ada',
    email: undefined,
    role: undefined,
    projects: undefined,
    rooms: undefined,
    scope: ['publish'],
    expiresAt: undefined,
  });
});

t.test('the id of the user', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const good = ['a', 'x'.repeat(200), '🙂'.repeat(200), 'ümläut', 42];
  for (const userId of good) t.match(await verify(await sign({ userId })), { userId: String(userId) });
  t.match(await verify(await sign({ sub: 'ada', userId: 'bob' })), { userId: 'ada' }, 'sub comes first');
  for (const userId of [
    '',
    'x'.repeat(201),
    '🙂'.repeat(201),
    'a\nb',
    'a\u0000',
    '\u0085',
    '\ud800',
    1.5,
    null,
    {},
    ['ada'],
    true,
  ]) {
    await refused(t, verify, await sign({ userId }));
  }
  await refused(t, verify, await sign({}));
  await refused(t, verify, await sign({ sub: '', userId: 'bob' }));
});

t.test('a malformed restriction is refused, not overlooked', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const malformed = [
    { rooms: 'x*' },
    { rooms: null },
    { rooms: [1] },
    { projects: 'p' },
    { role: ['viewer'] },
  ];
  for (const claims of malformed) await refused(t, verify, await sign({ sub: 'ada', ...claims }));
  const cosmetic = { sub: 'ada', name: 7, email: {}, scope: 3, role: null };
  t.match(await verify(await sign(cosmetic)), {
    name: undefined,
    email: undefined,
    scope: [],
    role: undefined,
  });
});

t.test('what is not a token', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const good = await sign({ sub: 'ada' });
  const [header, payload, signature] = good.split('.');
  const bad = [
    '',
    'x',
    'a.b.c',
    '..',
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${good}.x`,
    ` ${good}`,
  ];
  for (const token of [...bad, `${header}.${payload}.A${signature?.slice(1)}x`])
    await refused(t, verify, token);
  await refused(t, verify, new UnsecuredJWT({ sub: 'ada' }).encode());
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const alg of [none, Buffer.from('{"alg":"NONE"}').toString('base64url')]) {
    await refused(t, verify, `${alg}.${payload}.${signature}`);
  }
  for (const claims of ['[]', '"ada"', 'null', '{', '{"sub":"ada","exp":"soon"}', '{"sub":"ada","nbf":{}}']) {
    const content = `${header}.${Buffer.from(claims).toString('base64url')}`;
    const mac = createHmac('sha256', secret).update(content).digest('base64url');
    await refused(t, verify, `${content}.${mac}`);
    await refused(t, verify, `${content}.${mac}=`);
  }
  for (const more of ['"crit":["b64"],"b64":false', '"crit":["x"],"x":1', '"crit":[]']) {
    const content = `${Buffer.from(`{"alg":"HS256",${more}}`).toString('base64url')}.${payload}`;
    await refused(
      t,
      verify,
      `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`,
    );
  }
  await refused(t, verify, await sign({ sub: 'ada' }, 'HS256', new Uint8Array(40)));
  await refused(t, verify, await sign({ sub: 'ada' }, 'HS512', Buffer.alloc(64, 'k')));
});

t.test('under a secret nothing passes that the library would not let pass', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const good = await sign({ sub: 'ada', exp: START_S + 60 });
  const changed = fc.tuple(fc.nat(good.length), fc.nat(2), fc.constantFrom(...'abYZ09-_.=+/ \n', ''));
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(changed, async ([at, cut, put]) => {
      const token = good.slice(0, at) + put + good.slice(at + cut);
      const ours = await Promise.resolve(verify(token)).then(
        () => true,
        () => false,
      );
      if (ours) await jwtVerify(token, secret, { algorithms: ['HS256'], currentDate: new Date(START_MS) });
      if (ours) accepted += 1;
      return ours === (token === good);
    }),
    { numRuns: 2000, examples: [[[0, 0, '']]] },
  );
  t.ok(accepted > 0);
});

t.test('only HS256 under a secret', async (t) => {
  const long = Buffer.alloc(64, 'k');
  const verify = createVerifyToken({ keys: { kind: 'secret', secret: long }, clock });
  t.match(await verify(await sign({ sub: 'ada' }, 'HS256', long)), { userId: 'ada' });
  for (const alg of ['HS384', 'HS512']) await refused(t, verify, await sign({ sub: 'ada' }, alg, long));
});

t.test('public keys verify by their own algorithms', async (t) => {
  const cases = [
    [rsa, ['RS256', 'PS256'], ['RS512', 'PS384']],
    [ec, ['ES256'], []],
    [ed, ['EdDSA', 'Ed25519'], []],
  ] as const;
  for (const [pair, accepted, not] of cases) {
    const verify = createVerifyToken({ keys: publicKeys(pair.publicKey), clock });
    for (const alg of accepted) {
      t.match(await verify(await sign({ sub: 'ada' }, alg, pair.privateKey)), { userId: 'ada' }, alg);
    }
    for (const alg of not) await refused(t, verify, await sign({ sub: 'ada' }, alg, pair.privateKey));
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await refused(t, verify, await sign({ sub: 'ada' }, 'RS256', other.privateKey));
  }
});

t.test('a public key does not pass as a secret', async (t) => {
  const text = String(rsa.publicKey.export(pem));
  const verify = createVerifyToken({ keys: publicKeys(rsa.publicKey), clock });
  for (const key of [text, text.trim(), text.replaceAll('\n', '\\n')]) {
    await refused(t, verify, await sign({ sub: 'ada' }, 'HS256', Buffer.from(key)));
  }
  const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
  await refused(t, verify, await sign({ sub: 'ada' }, 'HS256', der));
});

t.test('issuer and audience', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock, issuer: 'us', audience: 'tandem' });
  const good = { sub: 'ada', iss: 'us', aud: ['other', 'tandem'] };
  t.match(await verify(await sign(good)), { userId: 'ada' });
  await refused(
    t,
    verify,
    await sign({ ...good, iss: 'them' }),
    'TOKEN_INVALID',
    "The token's claim iss is not accepted.",
  );
  await refused(t, verify, await sign({ ...good, aud: 'tandem2' }));
  await refused(t, verify, await sign({ sub: 'ada', aud: 'tandem' }));
  await refused(t, verify, await sign({ sub: 'ada', iss: 'us' }));
});

t.test('expiry and not-before go by the clock, with five seconds of tolerance', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock, cacheSize: 0 });
  const token = await sign({ sub: 'ada', nbf: START_S + 60, exp: START_S + 120 });
  await refused(t, verify, token);
  clock.nowMs = START_MS + 54_999;
  await refused(t, verify, token);
  clock.nowMs = START_MS + 55_000;
  t.match(await verify(token), { userId: 'ada' });
  clock.nowMs = START_MS + 124_999;
  t.match(await verify(token), { userId: 'ada' });
  clock.nowMs = START_MS + 125_000;
  await refused(t, verify, token, 'TOKEN_EXPIRED');
  for (const exp of ['soon', null, {}]) await refused(t, verify, await sign({ sub: 'ada', exp } as never));
});

t.test('under a secret every answer is synchronous', async (t) => {
  const verify = createVerifyToken({ keys: secretKeys, clock });
  const user = verify(await sign({ sub: 'ada' }));
  t.notOk(user instanceof Promise);
  t.match(user, { userId: 'ada' });
});

t.test('a repeat is synchronous until the token expires', async (t) => {
  const verify = createVerifyToken({ keys: publicKeys(ed.publicKey), clock });
  const token = await sign({ sub: 'ada', exp: START_S + 60 }, 'EdDSA', ed.privateKey);
  const first = verify(token);
  t.ok(first instanceof Promise);
  const user = await first;
  t.equal(verify(token), user);
  clock.nowMs = START_MS + 64_999;
  t.equal(verify(token), user);
  clock.nowMs = START_MS + 65_000;
  await refused(t, verify, token, 'TOKEN_EXPIRED');
  await refused(t, verify, token, 'TOKEN_EXPIRED');
});

t.test('refusals are not remembered, and the cache forgets what was used longest ago', async (t) => {
  const verify = createVerifyToken({ keys: publicKeys(ed.publicKey), clock, cacheSize: 2 });
  const signed = (claims: JWTPayload) => sign(claims, 'EdDSA', ed.privateKey);
  const early = await signed({ sub: 'early', nbf: START_S + 60 });
  await refused(t, verify, early);
  clock.nowMs = START_MS + 60_000;
  t.match(await verify(early), { userId: 'early' });
  const [a, b] = [await signed({ sub: 'a' }), await signed({ sub: 'b' })];
  await verify(a);
  t.match(verify(early), { userId: 'early' });
  await verify(b);
  t.ok(verify(a) instanceof Promise, 'a was used longest ago');
  t.notOk(verify(b) instanceof Promise);
});
