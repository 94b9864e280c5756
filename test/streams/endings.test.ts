import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { add, onBoth, type Reader, SCENE, update } from './stage.ts';

t.setTimeout(550_000);

onBoth(t, '[ES11] a server that goes down says so, and when to come back', async (t, start) => {
  let next = 0;
  const at = await start({}, { random: () => next++ / 10 });
  const streams: Reader[] = [];
  for (const id of ['a', 'b', 'c']) streams.push(await at.open(`${SCENE}/events?clientId=${id}`, { as: id }));
  for (const one of streams) await one.next('sceneState');
  const first = streams.map(({ retryMs }) => retryMs);
  t.equal(new Set(first).size, 3, 'each at another time');
  t.ok(first.every((one) => one !== undefined && one >= 1000 && one < 5000));
  await at.server.close();
  const last: number[] = [];
  for (const one of streams) {
    const { data } = await one.next('close');
    t.match(data, { code: 'SHUTDOWN', message: String, reconnect: true, retryAfterMs: Number });
    t.equal(one.retryMs, data.retryAfterMs);
    last.push(data.retryAfterMs);
    await one.ended();
    t.equal(one.events.at(-1)?.event, 'close');
  }
  t.equal(new Set(last).size, 3);
});

onBoth(t, '[ES11] a stream whose token ends is told before, and then ends', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const exp = Math.floor(at.clock.now() / 1000) + 120;
  const path = `${SCENE}/events?clientId=a`;
  const ada = await at.open(path, { token: await tokenOf('ada', { exp }) });
  await ada.next('sceneState');
  while (ada.named('auth_expiring').length === 0) await at.pass(5000, 1000);
  t.match(await ada.next('auth_expiring'), { data: { expiresAt: exp * 1000, inMs: Number } });
  while (!ada.isEnded) await at.pass(5000, 1000);
  t.match(ada.events.at(-1), { event: 'close', data: { code: 'TOKEN_EXPIRED', reconnect: false } });
  // What the clock of an issuer may be off.
  await at.pass(6000, 1000);
  const { response } = await at.open(path, { token: await tokenOf('ada', { exp }) });
  t.equal(response.status, 401, 'so that an EventSource that comes back gives up');
});

onBoth(
  t,
  '[ES12] a stream goes on beyond its token when its client posts with a new one',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const inSeconds = (seconds: number) => Math.floor(at.clock.now() / 1000) + seconds;
    const ada = await at.open(`${SCENE}/events?clientId=a`, {
      token: await tokenOf('ada', { exp: inSeconds(120) }),
    });
    await ada.next('sceneState');
    const fresh = await tokenOf('ada', { exp: inSeconds(600) });
    const beat = (token: string) => at.post('/rooms/scene:p:s/heartbeats', { clientId: 'a' }, { token });
    t.match(await beat(fresh), { status: 200, body: { ok: true, ts: Number } });
    await at.pass(300_000, 1000);
    t.match(
      await beat(await tokenOf('ben', { exp: inSeconds(600) })),
      { status: 200 },
      'that is another member',
    );
    await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('x') }, { token: fresh });
    await ada.next('sceneDelta');
    t.same(ada.named('auth_expiring'), []);
    const reader = await tokenOf('ada', { role: 'viewer', exp: inSeconds(600) });
    t.match(await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('y') }, { token: reader }), {
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    const pinned = await tokenOf('ada', { rooms: ['other'] });
    const { status } = await at.post(
      `${SCENE}/operations`,
      { clientId: 'a', operation: add('y') },
      { token: pinned },
    );
    t.ok(status === 403 || status === 409 || status === 503, `${status}`);
    t.match(await ada.next('close'), { data: { code: 'FORBIDDEN', reconnect: false } });
    await ada.ended();
  },
);

onBoth(t, '[ES11] who may not stay in the room is told why, and the stream ends', async (t, start) => {
  const at = await start();
  const project = { ownerId: 'ada', members: ['ben'], active: true };
  await at.server.projects.put('p', project);
  const ada = await at.open(`${SCENE}/events?clientId=a&events=presence`, { as: 'ada' });
  const ben = await at.open(`${SCENE}/events?clientId=b`, { as: 'ben' });
  await ben.next('sceneState');
  await at.server.projects.put('p', { ...project, members: [] });
  t.match(await ben.next('close'), { data: { code: 'FORBIDDEN', message: String, reconnect: false } });
  await ben.ended();
  t.equal((await at.open(`${SCENE}/events`, { as: 'ben' })).response.status, 403);
  await ada.next('presence', ({ users }) => users.length === 1);
  await at.server.projects.put('p', { ...project, active: false });
  t.match(await ada.next('close'), { data: { code: 'PROJECT_INACTIVE' } });
  await ada.ended();
});

onBoth(t, '[ES11] who is sent away by the application is told so', async (t, start) => {
  const at = await start();
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  await ada.next('sceneState');
  const token = await tokenOf('backend', { scope: 'admin' });
  t.equal((await at.post('/api/users/ada/disconnect', {}, { token })).status, 200);
  t.match(await ada.next('close'), { data: { code: 'KICKED', reconnect: false } });
  await ada.ended();
});

onBoth(t, '[ES10] a stream that is not read is bounded, and healed when it is', async (t, start) => {
  const at = await start({ MAX_BUFFERED_BYTES: '65536', STREAM_LIMIT: '100000/1s', API_LIMIT: '100000/1s' });
  const slow = await connectSlow(at.url(`${SCENE}/events?clientId=slow`), await tokenOf('slow'));
  const ben = await at.open(`${SCENE}/events?clientId=b`, { as: 'ben' });
  const lagging = async () =>
    Number(/tandem_lagging_connections (\d+)/.exec(await (await fetch(at.url('/metrics'))).text())?.[1]);
  await at.post(`${SCENE}/operations`, { clientId: 'b', operation: add('x') }, { as: 'ben' });
  let version = 1;
  while ((await lagging()) === 0) {
    version += 1;
    const operation = {
      type: 'update',
      target: 'item',
      id: 'x',
      data: { big: `${version} ${'x'.repeat(60_000)}` },
    };
    await at.post(`${SCENE}/operations`, { clientId: 'b', operation }, { as: 'ben' });
  }
  t.pass(`lagging after ${version} deltas`);
  t.match(await ben.next('sceneDelta', ({ delta }) => delta.toVersion === version), {}, 'others hear all');
  slow.read();
  while (slow.version() !== version) await at.pass(16);
  t.pass('it is where the room stands');
  t.equal(await lagging(), 0);
  await at.post(`${SCENE}/operations`, { clientId: 'b', operation: add('y') }, { as: 'ben' });
  while (slow.version() !== version + 1) await at.pass(16);
});

onBoth(t, '[ES10] a post is answered while nothing of its stream is read', async (t, start) => {
  const at = await start({ MAX_BUFFERED_BYTES: '65536', STREAM_LIMIT: '100000/1s', API_LIMIT: '100000/1s' });
  await connectSlow(at.url(`${SCENE}/events?clientId=slow`), await tokenOf('slow'));
  const write = (as: string, data: object) =>
    at.post(`${SCENE}/operations`, { clientId: as, operation: update('x', data) }, { as });
  await at.open(`${SCENE}/events?clientId=ben`, { as: 'ben' });
  await at.post(`${SCENE}/operations`, { clientId: 'ben', operation: add('x') }, { as: 'ben' });
  const metrics = async () => (await fetch(at.url('/metrics'))).text();
  for (let count = 0; !/^tandem_lagging_connections 1$/m.test(await metrics()); count++)
    await write('ben', { big: `${count} ${'x'.repeat(60_000)}` });
  t.match(await write('slow', { own: 1 }), { status: 200 });
  t.match(await write('slow', 'nonsense' as never), { status: 422 });
  t.ok(/^tandem_lagging_connections 1$/m.test(await metrics()), 'it lags still');
});

/** A stream over a bare socket that is not read until `read`, and then folded. */
async function connectSlow(url: string, token: string) {
  const { connect: connectTcp } = await import('node:net');
  const { hostname, port, pathname, search } = new URL(url);
  const socket = connectTcp({ host: hostname, port: Number(port), highWaterMark: 1024 } as never);
  socket.on('error', () => {});
  socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  let text = '';
  socket.once('readable', () => socket.pause());
  t.teardown(() => socket.destroy());
  return {
    read() {
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.resume();
    },
    /** Where the client stands that has taken every event; throws where one does not fit the one before. */
    version(): number {
      // The chunks of HTTP: a length in a line of its own, before and after.
      const body = text.slice(text.indexOf('\r\n\r\n') + 4).replace(/(^|\r\n)[0-9a-f]+\r\n/g, '');
      let version = -1;
      for (const block of body.split('\n\n').slice(0, -1)) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (event === 'sceneState') version = JSON.parse(data ?? '').version;
        if (event !== 'sceneDelta') continue;
        const { fromVersion, toVersion } = JSON.parse(data ?? '').delta;
        if (fromVersion !== version) throw new Error(`a delta from ${fromVersion} at ${version}`);
        version = toVersion;
      }
      return version;
    },
  };
}
