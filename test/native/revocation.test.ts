import t from 'tap';
import { closes } from '../../protocol/index.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startWired } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { bearer, ofType, type Person, present, type Stage, stage, token } from './person.ts';

const strict = { AUTH: 'required' };
const closed = { code: 4104, reason: '{"code":"TOKEN_REVOKED"}' };

async function refusedAt(at: Stage, handshake: { authorization: string }): Promise<void> {
  const one = at.person(handshake);
  await at.until(() => one.wire.closedWith, 'the close');
  await at.until(() => one.heard()[0]?.code === 'TOKEN_REVOKED', 'the error');
}

const isOpen = (one: Person) => one.wire.closedWith === undefined;

t.test('[ID10] by its jti one token ends, in the same turn and for those who come later', async (t) => {
  const at = await stage(t, strict);
  const [first, second] = [await bearer({ sub: 'ada', jti: 'a' }), await bearer({ sub: 'ada', jti: 'b' })];
  const lost = await at.member('ada', 'room', first);
  lost.wire.close(false);
  const ada = await at.member('ada', 'room', first);
  const other = await at.member('ada', 'other', second);
  const ben = await at.member('ben', 'room', await bearer({ sub: 'ben' }));
  t.same(await at.server.revoke({ jti: 'a' }), { disconnected: 1 });
  t.same(ada.wire.closedWith, closed, 'before anything else happens');
  t.same(present(await ben.news()), ['ben'], 'and out of its rooms');
  t.ok(isOpen(other));
  await refusedAt(at, first);
  t.hasStrict(await ben.ask({ type: 'auth', token: await token({ sub: 'ben', jti: 'a' }) }), {
    type: 'error',
    code: 'TOKEN_REVOKED',
  });
  t.ok(isOpen(ben), 'an auth message with it is refused, and the connection lives on');
});

t.test('[ID10] by its user all tokens end that were issued before', async (t) => {
  const at = await stage(t, strict);
  const now = () => Math.floor(at.clock.now() / 1000);
  const old = await bearer({ sub: 'ada', iat: now() - 60 });
  const undated = await bearer({ sub: 'ada' });
  const people = [await at.member('ada', 'room', old), await at.member('ada', 'room', undated)];
  const ben = await at.member('ben', 'room', await bearer({ sub: 'ben', iat: now() - 60 }));
  t.same(await at.server.revoke({ sub: 'ada' }), { disconnected: 2 });
  for (const one of people) t.same(one.wire.closedWith, closed);
  for (const one of [old, undated, await bearer({ sub: 'ada', iat: now() })]) await refusedAt(at, one);
  await at.pass(1000, 1000);
  const fresh = await at.member('ada', 'room', await bearer({ sub: 'ada', iat: now() }));
  t.ok(isOpen(fresh));
  t.ok(isOpen(ben));
});

t.test('[ID10] a token itself ends, however its signature is written', async (t) => {
  const at = await stage(t, strict);
  const exp = Math.floor(at.clock.now() / 1000) + 600;
  const own = await token({ sub: 'ada', exp });
  const other = await at.member('ada', 'room', await bearer({ sub: 'ada', exp: exp + 1 }));
  const ada = await at.member('ada', 'room', { authorization: `Bearer ${own}` });
  t.same(await at.server.revoke({ token: own }), { disconnected: 1 });
  t.same(ada.wire.closedWith, closed);
  // The last character of 32 bytes in base64url has two bits that mean nothing.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(own.at(-1) as string);
  for (const bits of [0, 1, 2, 3]) {
    const spelt = own.slice(0, -1) + letters[(last & ~3) | bits];
    const one = at.person({ authorization: `Bearer ${spelt}` });
    const { code } = await at.until(() => one.wire.closedWith, 'the close');
    t.ok([closes.TOKEN_INVALID.code, closes.TOKEN_REVOKED.code].includes(code as never), spelt.slice(-1));
  }
  t.ok(isOpen(other));
});

t.test(
  '[ID10] what was taken back outlives a restart, and is forgotten when it would have expired',
  async (t) => {
    const env = { ...strict, STORE: 'lmdb', DATA_DIR: t.testdir() };
    const first = await startWired(env);
    const expiresAt = first.clock.now() + 600_000;
    const exp = expiresAt / 1000;
    await first.server.revoke({ jti: 'short', expiresAt });
    await first.server.revoke({ jti: 'long' });
    await first.server.revoke({ sub: 'eve', expiresAt });
    await first.server.revoke({ sub: 'eve' });
    const own = await token({ sub: 'zoe', exp: exp + 3600 });
    await first.server.revoke({ token: own, expiresAt });
    await first.server.close();
    const at = await stage(t, env);
    const people = {
      short: { sub: 'ada', jti: 'short' },
      long: { sub: 'ada', jti: 'long' },
      eve: { sub: 'eve' },
    };
    for (const claims of Object.values(people)) await refusedAt(at, await bearer({ ...claims, exp }));
    await at.pass(800_000, 10_000);
    const ada = at.person(await bearer(people.short));
    const [greeting] = await at.until(() => (ada.heard().length > 0 ? ada.heard() : undefined), 'an answer');
    t.equal(greeting?.type, 'welcome', 'nobody remembers it');
    for (const claims of [people.long, people.eve]) await refusedAt(at, await bearer(claims));
    await refusedAt(at, { authorization: `Bearer ${own}` });
  },
);

t.test('[ID10] a token that is taken back while it is decided what it may do opens nothing', async (t) => {
  const waiting: (() => void)[] = [];
  const at = await stage(t, strict, {
    authorize: () => new Promise((resolve) => waiting.push(() => resolve(true))),
  });
  const ada = at.person(await bearer({ sub: 'ada', jti: 'old' }));
  await at.until(() => ada.heard()[0], 'welcome');
  ada.send({ type: 'join', roomId: 'room' });
  await at.settle();
  await at.server.revoke({ jti: 'old' });
  for (const go of waiting.splice(0)) go();
  await at.settle();
  t.same(ada.wire.closedWith, closed);

  const ben = at.person(await bearer({ sub: 'ben', jti: 'first' }));
  await at.until(() => ben.heard()[0], 'welcome');
  ben.send({ type: 'join', roomId: 'room' });
  while (ofType(ben.heard(), 'ack').length === 0) {
    for (const go of waiting.splice(0)) go();
    await at.settle();
  }
  ben.send({ type: 'auth', token: await token({ sub: 'ben', jti: 'second' }) });
  await at.until(() => waiting.length > 0, 'the question');
  await at.server.revoke({ jti: 'second' });
  t.ok(isOpen(ben), 'it still speaks with the first one');
  while (isOpen(ben)) {
    for (const go of waiting.splice(0)) go();
    await at.settle();
  }
  t.same(ben.wire.closedWith, closed);
});

t.test(
  '[ID10] what was taken back stays so when it is said again by a clock that was set back',
  async (t) => {
    const manual = createManualClock();
    let back = 0;
    const at = await stage(t, strict, { clock: { ...manual, now: () => manual.now() - back } });
    const own = await bearer({ sub: 'ada', iat: Math.floor(at.clock.now() / 1000) - 10 });
    await at.server.revoke({ sub: 'ada' });
    await refusedAt(at, own);
    back = 60_000;
    await at.server.revoke({ sub: 'ada' });
    await refusedAt(at, own);
  },
);

t.test('[ID10] what cannot be stored holds nevertheless, and says so', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, strict, { log });
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada', jti: 'a' }));
  log.failing = true;
  await t.rejects(at.server.revoke({ jti: 'a' }), { code: 'LOG_UNAVAILABLE' });
  t.same(ada.wire.closedWith, closed);
  log.failing = false;
  // The leave is tried again.
  await at.pass(2000, 500);
});

t.test('[ID10] what is no revocation is refused with the field at fault', async (t) => {
  const at = await stage(t, strict);
  const cases: [unknown, string][] = [
    [undefined, ''],
    [{}, 'jti'],
    [{ jti: 'a', sub: 'b' }, 'jti'],
    [{ jti: '' }, 'jti'],
    [{ sub: 7 }, 'sub'],
    [{ token: 'nonsense' }, 'token'],
    [{ jti: 'a', expiresAt: 'soon' }, 'expiresAt'],
    [{ sub: 'a', expiresAt: 1_790_000_000 }, 'expiresAt'],
  ];
  for (const [what, path] of cases) {
    await t.rejects(at.server.revoke(what as never), { code: 'INVALID_FIELD', details: { path } });
  }
  const expired = await token({ sub: 'ada', exp: 1_000_000_000 });
  t.same(await at.server.revoke({ token: expired }), { disconnected: 0 }, 'it opens nothing anyway');
});
