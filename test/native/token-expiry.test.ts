import t from 'tap';
import { ofType, present, stage, token } from './person.ts';

async function visitor(t: Parameters<typeof stage>[0], lifetimeS: number) {
  const at = await stage(t, { AUTH: 'required' });
  const expiring = (seconds: number, claims = {}) =>
    token({ sub: 'ada', exp: Math.floor(at.clock.now() / 1000) + seconds, ...claims });
  const ada = await at.member('ada', 'room', { authorization: `Bearer ${await expiring(lifetimeS)}` });
  const beat = async (seconds: number) => {
    for (let second = 0; second < seconds; second += 5) {
      ada.send({ type: 'heartbeat' });
      await at.pass(5000, 500);
    }
  };
  return { at, ada, expiring, beat };
}

t.test('[ID6] a minute before its token expires a connection is told, once', async (t) => {
  const { at, ada, beat } = await visitor(t, 120);
  const begun = at.clock.now();
  await beat(55);
  t.same(ofType(await ada.news(), 'auth_expiring'), []);
  await beat(10);
  const [notice, ...more] = ofType(await ada.news(), 'auth_expiring');
  t.same(more, []);
  t.ok(Math.abs(notice?.expiresAt - (begun + 120_000)) <= 1000);
  t.ok(notice?.inMs > 55_000 && notice?.inMs <= 60_000);
  await beat(45);
  t.same(ofType(await ada.news(), 'auth_expiring'), []);
});

t.test('[ID6] without a new one it is closed with TOKEN_EXPIRED, and leaves', async (t) => {
  const { at, ada, beat } = await visitor(t, 120);
  const ben = await at.member('ben', 'room', { authorization: `Bearer ${await token({ sub: 'ben' })}` });
  for (let second = 0; second < 110; second += 5) {
    ben.send({ type: 'heartbeat' });
    await beat(5);
  }
  t.equal(ada.wire.closedWith, undefined);
  ben.send({ type: 'heartbeat' });
  await beat(20);
  t.equal(ada.wire.closedWith?.code, 4101);
  t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'TOKEN_EXPIRED' });
  t.same(present(await ben.news()), ['ben']);
});

t.test('[ID6] with an auth message it goes on without a break', async (t) => {
  const { ada, expiring, beat } = await visitor(t, 120);
  await ada.ask({ type: 'select', planetId: 'p' });
  await beat(70);
  await ada.news();
  const fresh = await expiring(240);
  t.hasStrict(await ada.ask({ type: 'auth', token: fresh }), { type: 'ack', op: 'auth' });
  await beat(120);
  t.equal(ada.wire.closedWith, undefined);
  t.same(ofType(await ada.news(), 'selection_state'), [], 'it kept what it held');
  t.hasStrict(await ada.ask({ type: 'message', text: 'here' }), { type: 'ack' });
  await beat(65);
  t.equal(ofType(await ada.news(), 'auth_expiring').length, 1, 'told again of the new one');
  await beat(65);
  t.equal(ada.wire.closedWith?.code, 4101);
});

t.test('[ID6] a new token that opens less takes the rest away', async (t) => {
  const { at, ada, expiring } = await visitor(t, 120);
  await ada.join('other', 'ada');
  const narrow = await expiring(600, { rooms: ['other'], role: 'viewer' });
  t.hasStrict(await ada.ask({ type: 'auth', token: narrow }), { type: 'ack' });
  await at.pass(50);
  const errors = ofType(await ada.news(), 'error');
  t.hasStrict(errors[0], { code: 'FORBIDDEN', roomId: 'room' });
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId: 'room' }), { code: 'NOT_JOINED' });
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId: 'other' }), { code: 'FORBIDDEN' });
});

t.test('[ID3] a token that expires before the connection comes is not taken', async (t) => {
  const { at, expiring } = await visitor(t, 600);
  const short = await expiring(30);
  const first = at.person({ authorization: `Bearer ${short}` });
  await at.until(() => first.heard()[0]?.type === 'welcome' || undefined, 'welcome');
  await at.pass(40_000, 1000);
  const second = at.person({ authorization: `Bearer ${short}` });
  t.equal((await at.until(() => second.wire.closedWith, 'a close')).code, 4101);
});
