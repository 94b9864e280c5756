import t from 'tap';
import { connect, type TestClient } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { bearer, ofType, present, selected, stage } from './person.ts';

t.test('[PR1] presence lists all users with the details they gave', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const user = {
    userId: 'ben',
    name: 'Ben',
    color: '#f00',
    tags: ['a', { b: null }],
    lastSeen: 1,
    connections: 9,
  };
  const ben = at.person();
  await at.pass(500);
  await ben.ask({ type: 'join', roomId: 'room', user });
  const [presence] = ofType(await ada.news(), 'presence');
  t.equal(presence?.roomId, 'room');
  t.equal(presence?.users.length, 2);
  t.strictSame(presence?.users[1], { ...user, connections: 1, lastSeen: presence?.users[1].lastSeen });
  t.ok(presence?.users[1].lastSeen > presence?.users[0].lastSeen);
  t.ok(Math.abs(presence?.users[1].lastSeen - at.clock.now()) < 100, 'the server’s own time');
});

t.test('[PR1] it is sent at most once a tick, however many come and go', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const others = Array.from({ length: 15 }, () => at.person());
  for (const [index, one] of others.entries()) {
    one.send({ type: 'join', roomId: 'room', user: { userId: `u${index}` } });
  }
  await at.settle();
  await at.pass(15);
  t.ok(ofType(ada.heard(), 'presence').length <= 2, 'its own, and one at the leading edge');
  const news = ofType(await ada.news(), 'presence');
  t.ok(news.length <= 2);
  t.equal(present(news)?.length, 16);
  for (const one of others) one.wire.close();
  t.ok(ofType(await ada.news(), 'presence').length <= 2);
  t.same(present(ada.heard()), ['ada']);
});

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[PR2] who says goodbye leaves at once; who breaks off stays (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT });
    t.teardown(() => server.close());
    const ben = await connect(server.port);
    await ben.ask({ type: 'join', roomId: 'room', user: { userId: 'ben' } });
    const goodbyes: ((client: TestClient) => void)[] = [
      ({ socket }) => socket.close(1000),
      ({ socket }) => socket.close(1001, 'page left'),
      ({ socket }) => socket.close(),
    ];
    for (const goodbye of goodbyes) {
      const ada = await connect(server.port);
      await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
      await ben.next((one) => one.type === 'presence' && one.users.length === 2, ben.messages.length - 1);
      const from = ben.messages.length;
      goodbye(ada);
      await ben.next((one) => one.type === 'presence' && one.users.length === 1, from);
    }
    const breaks: ((client: TestClient) => void)[] = [
      ({ socket }) => socket.terminate(),
      ({ socket }) => socket.close(4000, 'the page will reconnect'),
    ];
    for (const [index, breakOff] of breaks.entries()) {
      const ada = await connect(server.port);
      await ada.ask({ type: 'join', roomId: 'room', user: { userId: `ada-${index}` } });
      breakOff(ada);
      await ada.closed;
    }
    // Whoever comes now sees those who broke off: the server has heard of it before this connection.
    const cy = await connect(server.port);
    await cy.ask({ type: 'join', roomId: 'room', user: { userId: 'cy' } });
    const presence = await cy.nextOf('presence');
    t.same(
      presence.users.map((user: { userId: string }) => user.userId),
      ['ben', 'ada-0', 'ada-1', 'cy'],
    );
  });
}

t.test('[PR3] a broken connection stays for the grace after it was last heard of', async (t) => {
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const beat = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      ben.send({ type: 'heartbeat' });
      await at.pass(1000, 100);
    }
  };
  await ada.ask({ type: 'select', planetId: 'p' });
  await beat(4);
  await ben.news();
  ada.wire.close(false);
  await beat(4);
  t.same(ofType(await ben.news(), 'presence'), [], 'still there');
  await beat(3);
  const news = await ben.news();
  t.same(present(news), ['ben'], 'gone 9 s after its last message, not after the break');
  t.same(selected(news), {});
});

t.test('[PR3] who comes back within the grace was never away, and keeps selections and locks', async (t) => {
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000', LOCK_TTL_MS: '20000' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask({ type: 'select', planetId: 'p' });
  await ben.ask({ type: 'select', planetId: 'p' });
  await ben.news();
  ada.wire.close(false);
  await at.pass(5000, 100);
  ben.send({ type: 'heartbeat' });
  const back = await at.member('ada');
  t.same(selected(back.heard()), { p: ['ada', 'ben'] });
  const seen = ofType(await ben.news(), 'presence');
  t.ok(seen.every((one) => one.users.length === 2 && one.users[0].connections === 1));
  for (let second = 0; second < 15; second++) {
    for (const one of [ben, back]) one.send({ type: 'heartbeat' });
    await at.pass(1000, 250);
  }
  t.same(selected(ben.heard()), { p: ['ada', 'ben'] }, 'the old connection’s end took nothing away');
  await back.ask({ type: 'unselect', planetId: 'p' });
  t.same(selected(await ben.news()), { p: ['ben'] }, 'the new connection can let go');
});

t.test('[PR3] a join that is refused does not end the grace of the one who broke off', async (t) => {
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' });
  const ben = await at.member('ben');
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada' }));
  ada.wire.close(false);
  await at.settle();
  const guest = at.person();
  t.hasStrict(await guest.join('room', 'ada'), { code: 'IDENTITY_MISMATCH' });
  for (let second = 0; second < 12; second++) {
    ben.send({ type: 'heartbeat' });
    await at.pass(1000, 250);
  }
  await ben.news();
  t.same(present(ben.heard()), ['ben'], 'no ghost is left behind');
});

t.test('[PR3] nor does one that the log does not take', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' }, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  ada.wire.close(false);
  await at.settle();
  log.failing = true;
  t.hasStrict(await at.person().join('room', 'ada'), { code: 'LOG_UNAVAILABLE' });
  log.failing = false;
  for (let second = 0; second < 12; second++) {
    ben.send({ type: 'heartbeat' });
    await at.pass(1000, 250);
  }
  await ben.news();
  t.same(present(ben.heard()), ['ben'], 'no ghost is left behind');
});

t.test('[PR4] who sends nothing for the grace is removed and told; every message counts', async (t) => {
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (let second = 0; second < 20; second++) {
    ben.send(second % 2 === 0 ? { type: 'typing', isTyping: true } : { type: 'nonsense' });
    await at.pass(1000, 250);
    if (second < 8) t.equal(ada.wire.closedWith, undefined);
  }
  t.equal(ada.wire.closedWith?.code, 4002);
  t.same(JSON.parse(ada.wire.closedWith?.reason ?? ''), { code: 'HEARTBEAT_TIMEOUT' });
  t.equal(ben.wire.closedWith, undefined);
  t.same(present(await ben.news()), ['ben']);
});

t.test('[PR4] so is one that never joined', async (t) => {
  const at = await stage(t, { HEARTBEAT_MS: '3000', HEARTBEAT_GRACE_MS: '9000' });
  const ada = at.person();
  await at.pass(12_000, 250);
  t.equal(ada.wire.closedWith?.code, 4002);
});
