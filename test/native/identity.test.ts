import t, { type Test } from 'tap';
import type { Hooks } from '../../server/dispatch/hooks.ts';
import type { Handshake } from '../../server/transport/connection.ts';
import { ec, sign } from '../support/tokens.ts';
import { badTokens, goodToken, strict } from './bad-tokens.ts';
import { createGatedLog } from './gated-log.ts';
import { add, bearer, ofType, type Person, present, stage, token, update } from './person.ts';

const commands = [
  { type: 'select', planetId: 'p' },
  { type: 'unselect', planetId: 'p' },
  { type: 'join_viewer', planetId: 'p' },
  { type: 'leave_viewer', planetId: 'p' },
  { type: 'camera', planetId: 'p', camera: {} },
  { type: 'heartbeat' },
  { type: 'cursor', position: [1, 2] },
  { type: 'typing', isTyping: true },
  { type: 'scroll', position: 1 },
  add('i'),
  { type: 'message', text: 'x' },
  { type: 'operation', documentId: 'd', operation: ['x'], version: 0 },
  { type: 'requestSync' },
  { type: 'leave' },
  { type: 'join', roomId: 'room' },
  { type: 'join', roomId: 'room', user: { userId: 'ada' } },
];

for (const rooms of [1, 2]) {
  t.test(`[ID1] IDENTITY_MISMATCH in every command, in ${rooms} room(s)`, async (t) => {
    const at = await stage(t, { AUTH: 'required' });
    const ben = await at.member('ben', 'room', await bearer({ sub: 'ben' }));
    const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
    if (rooms === 2) await ada.join('other', 'ada');
    await ada.ask({ type: 'join_viewer', planetId: 'p', roomId: 'room' });
    const before = await ben.ask({ type: 'requestSync' });
    await ben.news();
    for (const command of commands) {
      const named = {
        ...command,
        userId: 'ben',
        ...(command.type === 'heartbeat' ? {} : { roomId: 'room' }),
      };
      t.hasStrict(
        await ada.ask(named),
        { type: 'error', op: command.type, code: 'IDENTITY_MISMATCH', path: 'userId' },
        command.type,
      );
    }
    for (const user of [{ userId: 'ben' }, { id: 'ben' }]) {
      t.hasStrict(await ada.ask({ type: 'join', roomId: 'room', user }), { code: 'IDENTITY_MISMATCH' });
    }
    t.same(await ben.news(), []);
    t.same({ ...(await ben.ask({ type: 'requestSync' })), ref: 0 }, { ...before, ref: 0 });
    t.hasStrict(await ada.ask({ ...commands[0], userId: 'ada', roomId: 'room' }), { type: 'ack' });
  });
}

t.test('[ID1] nobody is shown under another id, whatever the details say', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const ben = await at.member('ben', 'room', await bearer({ sub: 'ben' }));
  const ada = at.person(await bearer({ sub: 'ada', name: 'Ada' }));
  await ada.ask({ type: 'join', roomId: 'room', user: { name: 'Ben', userId: 'ada', connections: 7 } });
  const users = ofType(await ben.news(), 'presence').at(-1)?.users;
  t.hasStrict(users[1], { userId: 'ada', name: 'Ada', connections: 1 });
  ada.send({ type: 'cursor', position: [1, 2], connectionId: ben.wire.id, userName: 'Ben' });
  t.hasStrict((await ben.news())[0], { userId: 'ada', connectionId: ada.wire.id });
});

const places: [string, (token: string) => Partial<Handshake>][] = [
  ['the Authorization header', (token) => ({ authorization: `Bearer ${token}` })],
  ['the query', (token) => ({ query: `a=b&token=${encodeURIComponent(token)}` })],
  [
    'the cookie from an allowed origin',
    (token) => ({ cookie: `a=b; token=${token}`, origin: 'https://app.example' }),
  ],
];

for (const [place, handshake] of places) {
  t.test(`[ID2] a token is taken from ${place}`, async (t) => {
    const at = await stage(t, { ...strict, CORS_ORIGIN: 'https://app.example' });
    const ada = at.person(handshake(await goodToken(at.clock.now())));
    t.hasStrict(await at.until(() => ada.heard()[0], 'welcome'), { type: 'welcome', userId: 'ada' });
    t.hasStrict(await ada.join('room', undefined), { type: 'ack' }, 'the token says who it is');
    t.same(present(await ada.news()), ['ada']);
  });

  t.test(`[ID3] a bad token in ${place} closes the connection with its code`, async (t) => {
    const at = await stage(t, { ...strict, CORS_ORIGIN: 'https://app.example' });
    for (const [name, token, code] of await badTokens(at.clock.now())) {
      const ada = at.person(handshake(token));
      ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
      const closed = await at.until(() => ada.wire.closedWith, name);
      t.equal(closed.code, code === 'TOKEN_EXPIRED' ? 4101 : 4100, name);
      t.same(JSON.parse(closed.reason), { code });
      t.strictSame(
        ada.heard().map(({ type, code }) => [type, code]),
        [['error', code]],
      );
      t.notOk(JSON.stringify(ada.heard()).includes(token.slice(0, 20)), 'the token is not repeated');
    }
  });
}

t.test('[ID2] a cookie from elsewhere is refused', async (t) => {
  const at = await stage(t, { ...strict, CORS_ORIGIN: 'https://app.example' });
  const cookie = `token=${await goodToken(at.clock.now())}`;
  for (const origin of [
    'https://evil.example',
    'http://app.example',
    'null',
    'https://app.example.evil.example',
  ]) {
    const ada = at.person({ cookie, origin });
    t.equal((await at.until(() => ada.wire.closedWith, origin)).code, 4105);
    t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'ORIGIN_REFUSED' });
  }
});

t.test('[ID2] an auth message; [ID3] a bad one is an error, and the connection lives on', async (t) => {
  for (const AUTH of ['required', 'optional']) {
    const at = await stage(t, { ...strict, AUTH });
    const ada = at.person();
    for (const [name, token, code] of await badTokens(at.clock.now())) {
      t.hasStrict(
        await ada.ask({ type: 'auth', token }),
        { type: 'error', op: 'auth', ok: false, code },
        name,
      );
    }
    t.hasStrict(await ada.ask({ type: 'auth', token: '' }), { code: 'INVALID_FIELD', path: 'token' });
    t.hasStrict(await ada.ask({ type: 'auth', token: 'x'.repeat(8193) }), { code: 'INVALID_FIELD' });
    t.hasStrict(await ada.ask({ type: 'auth' }), { code: 'INVALID_FIELD', path: 'token' });
    t.hasStrict(await ada.ask({ type: 'auth', token: await goodToken(at.clock.now()) }), { type: 'ack' });
    t.hasStrict(await ada.join('room', undefined), { type: 'ack' });
    t.hasStrict(await ada.join('room', 'ben'), { code: 'IDENTITY_MISMATCH' });
    const ben = await goodToken(at.clock.now(), { claims: { sub: 'ben' } });
    t.hasStrict(await ada.ask({ type: 'auth', token: ben }), { code: 'IDENTITY_MISMATCH', path: 'token' });
  }
});

t.test('[ID4] where a token is required everything but auth is refused', async (t) => {
  const at = await stage(t, { AUTH: 'required', CONNECT_TIMEOUT_MS: '5000' });
  const ada = at.person();
  for (const command of [...commands, { type: 'requestSync', documentId: 'd' }]) {
    t.hasStrict(await ada.ask(command), { op: command.type, code: 'UNAUTHENTICATED' });
  }
  await at.pass(4000, 500);
  t.equal(ada.wire.closedWith, undefined);
  await at.pass(2000, 500);
  t.equal(ada.wire.closedWith?.code, 4003);
  t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'CONNECT_TIMEOUT' });
});

t.test('[ID5] the first join of a guest names its user for the rest of the connection', async (t) => {
  const at = await stage(t);
  const guest = at.person();
  t.hasStrict(await guest.join('one', undefined), { code: 'INVALID_FIELD', path: 'user.userId' });
  t.hasStrict(await guest.ask({ type: 'join', roomId: 'one', userId: 'gus' }), { type: 'ack' });
  t.hasStrict(await guest.join('two', 'other'), { code: 'IDENTITY_MISMATCH' });
  t.hasStrict(await guest.join('two', undefined), { type: 'ack' });
  t.same(present(await guest.news()), ['gus']);
});

t.test('[ID5] a guest cannot pass for somebody with a token, and gives way to one', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
  const guest = at.person();
  t.hasStrict(await guest.join('room', 'ada'), { op: 'join', code: 'IDENTITY_MISMATCH' });
  t.hasStrict(await guest.ask({ type: 'message', text: 'x' }), { code: 'NOT_JOINED' });

  const early = await at.member('ben');
  await early.ask({ type: 'select', planetId: 'p' });
  const ben = await at.member('ben', 'room', await bearer({ sub: 'ben' }));
  t.hasStrict(
    (await early.news()).find((one) => one.type === 'error'),
    { code: 'IDENTITY_MISMATCH', roomId: 'room' },
  );
  t.hasStrict(await early.ask({ type: 'message', text: 'x' }), { code: 'NOT_JOINED' });
  t.equal(early.wire.closedWith, undefined);
  t.same(ofType(await ada.news(), 'selection_state').at(-1)?.selected, {}, 'with all that it held');
  t.hasStrict(await ben.ask({ type: 'message', text: 'x' }), { type: 'ack' });
});

t.test('[ID5] a guest that has shown its token is no guest any more', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  t.hasStrict(await ada.ask({ type: 'auth', token: await token({ sub: 'ada' }) }), { type: 'ack' });
  await at.member('ada', 'room', await bearer({ sub: 'ada' }));
  t.hasStrict(await ada.ask({ type: 'message', text: 'still here' }), { type: 'ack' });
});

t.test('[ID1] a guest that has shown its token is shown as the token says', async (t) => {
  const at = await stage(t);
  const ben = await at.member('ben');
  const ada = at.person();
  const user = { userId: 'ada', name: 'The boss', email: 'boss@example.org', color: 'red' };
  await ada.ask({ type: 'join', roomId: 'room', user });
  const claims = { sub: 'ada', name: 'Ada', email: 'ada@example.org' };
  t.hasStrict(await ada.ask({ type: 'auth', token: await token(claims) }), { type: 'ack' });
  const users = ofType(await ben.news(), 'presence').at(-1)?.users;
  t.hasStrict(users[1], { userId: 'ada', name: 'Ada', email: 'ada@example.org', color: 'red' });
  await ada.ask({ type: 'message', text: 'x' });
  t.hasStrict(ofType(await ben.news(), 'message')[0], { userId: 'ada', userName: 'Ada' });
});

/** The guest is not in the room, in which Ada is. */
async function isOutUntilItJoins(t: Test, guest: Person, ada: Person): Promise<void> {
  t.hasStrict(await guest.ask({ type: 'message', text: 'x' }), { code: 'NOT_JOINED' });
  t.hasStrict(ofType(await ada.news(), 'presence').at(-1)?.users, [{ userId: 'ada', connections: 1 }]);
  t.hasStrict(await guest.join('room', 'ada'), { type: 'ack' }, 'it may join anew');
  await ada.ask({ type: 'message', text: 'to both' });
  t.match(ofType(await guest.news(), 'message'), [{ text: 'to both' }]);
}

t.test(
  '[ID5] a guest whose join is refused is not in the room by the token that it shows right behind it',
  async (t) => {
    const log = createGatedLog();
    const at = await stage(t, {}, { log });
    const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
    const guest = at.person();
    await guest.news();
    log.hold();
    guest.send({ type: 'join', roomId: 'room', user: { userId: 'ada' }, ref: 'join' });
    await at.until(() => log.held === 1, 'its join on its way');
    await guest.ask({ type: 'auth', token: await token({ sub: 'ada' }) });
    guest.send({ type: 'requestSync', ref: 'sync' });
    await at.settle();
    log.release();
    const answers = (await guest.news()).filter(({ ref }) => ref === 'join' || ref === 'sync');
    t.match(answers, [
      { ref: 'join', code: 'IDENTITY_MISMATCH' },
      { ref: 'sync', code: 'NOT_JOINED' },
    ]);
    await isOutUntilItJoins(t, guest, ada);
  },
);

t.test('[ID5] a guest that gives way is not in the room by the token that it shows meanwhile', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const guest = await at.member('ada');
  log.hold();
  const ada = at.person(await bearer({ sub: 'ada' }));
  ada.send({ type: 'join', roomId: 'room', ref: 'join' });
  await at.until(() => log.held === 1, 'its join on its way');
  await guest.ask({ type: 'auth', token: await token({ sub: 'ada' }) });
  await at.settle();
  log.release();
  t.match(
    (await guest.news()).find(({ type }) => type === 'error'),
    { code: 'IDENTITY_MISMATCH', roomId: 'room' },
  );
  await isOutUntilItJoins(t, guest, ada);
});

t.test('[HT14] how a guest is shown that has shown its token the program has a say in', async (t) => {
  const seen: string[] = [];
  const join: Hooks['join'] = ({ roomId, user, principal }) => {
    seen.push(`${roomId} ${principal.kind} ${user.name}`);
    if (principal.kind === 'guest') return undefined;
    return roomId === 'room' && { ...user, name: 'Countess' };
  };
  const at = await stage(t, {}, { hooks: { join } });
  const ada = await at.member('ada');
  await ada.join('other', 'ada');
  await ada.news();
  t.hasStrict(await ada.ask({ type: 'auth', token: await token({ sub: 'ada', name: 'Ada' }) }), {
    type: 'ack',
  });
  t.same(seen.slice(2), ['room user Ada', 'other user Ada']);
  const news = await ada.news();
  t.hasStrict(ofType(news, 'presence').at(-1)?.users[0], { userId: 'ada', name: 'Countess' });
  t.match(ofType(news, 'error'), [{ code: 'FORBIDDEN', roomId: 'other' }]);
});

t.test('[ID7] a room that the token does not open is FORBIDDEN', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const grants = [
    [{ rooms: ['team-*'] }, ['team-a', 'team-'], ['team', 'x', 'user:ben', 'a team-a']],
    [{ projects: ['p1'] }, ['project:p1', 'scene:p1:s'], ['project:p2', 'scene:p2:s', 'p1', 'scene:p1:']],
    [{ rooms: [] }, [], ['x', 'project:p1']],
    [{}, ['x', 'user:ada'], ['user:ben']],
  ] as const;
  for (const [claims, open, shut] of grants) {
    const ada = at.person(await bearer({ sub: 'ada', ...claims }));
    for (const roomId of open) t.hasStrict(await ada.join(roomId, undefined), { type: 'ack', roomId });
    for (const roomId of shut) {
      t.hasStrict(await ada.join(roomId, undefined), { op: 'join', code: 'FORBIDDEN', roomId });
      t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId }), { code: 'NOT_JOINED' });
    }
  }
});

t.test('[ID7] one who may only read cannot change anything', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const ben = await at.member('ben', 'room', await bearer({ sub: 'ben' }));
  await ben.ask(add('i', { n: 1 }));
  const viewer = await at.member('vic', 'room', await bearer({ sub: 'vic', role: 'viewer' }));
  const before = await ben.ask({ type: 'requestSync' });
  await ben.news();
  const writes = [add('j'), update('i', { n: 2 }), ...commands.filter(({ type }) => writing.has(type))];
  for (const command of writes) {
    t.hasStrict(await viewer.ask(command), { op: command.type, code: 'FORBIDDEN' });
  }
  t.same(await ben.news(), []);
  t.same({ ...(await ben.ask({ type: 'requestSync' })), ref: 0 }, { ...before, ref: 0 });
  for (const command of commands.filter(({ type }) => !writing.has(type) && type !== 'join')) {
    if (command.type === 'leave_viewer') continue;
    t.match((await viewer.ask(command)).type, /^(ack|syncResponse)$/, command.type);
  }
});

const writing = new Set(['select', 'unselect', 'sceneOperation', 'message', 'operation']);

t.test(
  '[ID3] [CL1] while the keys cannot be fetched, who comes with a token is told to come back',
  async (t) => {
    // Nothing listens at port 1.
    const keys = { JWT_SECRET: '', JWKS_URL: 'http://127.0.0.1:1/keys', AUTH: 'required' };
    const at = await stage(t, keys);
    const ada = at.person({ authorization: `Bearer ${await sign({ sub: 'ada' }, 'ES256', ec.privateKey)}` });
    await at.until(() => ada.wire.closedWith, 'the close');
    t.equal(ada.wire.closedWith?.code, 4005);
    t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'KEYS_UNAVAILABLE', retryAfterMs: 5000 });
    const ben = at.person();
    const token = await sign({ sub: 'ben' }, 'ES256', ec.privateKey);
    t.match(await ben.ask({ type: 'auth', token }), { type: 'error', op: 'auth', code: 'KEYS_UNAVAILABLE' });
    t.equal(ben.wire.closedWith, undefined, 'who hands one in later stays, and may try again');
  },
);
