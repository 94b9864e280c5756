import t from 'tap';
import { createGatedLog } from '../native/gated-log.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { APPLICATION_SECRET, startApplication } from '../support/application.ts';
import { add, onBoth, SCENE } from './stage.ts';

onBoth(
  t,
  '[ES8] a post that only grows too large as a command is refused, and the stream lives on',
  async (t, start) => {
    const at = await start({ MAX_MESSAGE_BYTES: '4096' });
    const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
    // In JSON a number may be short as it comes, and long as it is written again.
    const growing = (clientId: string) =>
      `{"clientId":"${clientId}","operation":{"type":"add","target":"item","id":"x","data":{"n":[${Array(600).fill('1e20')}]}}}`;
    for (const clientId of ['a', 'without-a-stream']) {
      t.match(
        await at.post(`${SCENE}/operations`, growing(clientId), { as: 'ada' }),
        { status: 413, body: { code: 'MESSAGE_TOO_LARGE', limit: 4096 } },
        clientId,
      );
    }
    await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('y') }, { as: 'ada' });
    await ada.next('sceneDelta');
    t.same(ada.named('close'), []);
  },
);

onBoth(
  t,
  '[ES12] a token that cannot be taken now is refused with the post, and the stream lives on',
  async (t, start) => {
    const application = await startApplication(t, true);
    application.reply = () => ({ body: { allow: true } });
    const at = await start({
      AUTHORIZE_URL: application.url,
      AUTHORIZE_SECRET: APPLICATION_SECRET,
      AUTHORIZE_CACHE_MS: '0',
    });
    const ada = await at.open('/rooms/r/events?clientId=a', { as: 'ada' });
    await ada.next('sceneState');
    application.reply = () => ({ status: 500 });
    const token = await tokenOf('ada', { jti: 'another' });
    const say = (id: string) =>
      at.post('/rooms/r/operations', { clientId: 'a', operation: add(id) }, { token });
    t.match(await say('x'), { status: 503, body: { code: 'AUTHORIZER_UNAVAILABLE' } });
    application.reply = () => ({ body: { allow: true } });
    t.match(await say('x'), { status: 200 });
    await ada.next('sceneDelta');
    t.same(ada.named('close'), []);
  },
);

onBoth(t, '[ES5] what members relay as a notification is none of the server', async (t, start) => {
  const at = await start();
  const ada = await at.open('/rooms/r/events', { as: 'ada' });
  await ada.next('sceneState');
  const data = { id: 'n', title: 'Your password has expired' };
  await at.post('/rooms/r/relays', { clientId: 'm', event: 'notification', data }, { as: 'mallory' });
  await ada.next('published:notification');
  t.same(ada.named('notification'), []);
});

onBoth(
  t,
  '[ES9] who was taken out of the room while it only posted comes back by its next post',
  async (t, start) => {
    const at = await start();
    const { projects } = at.server;
    const project = { ownerId: 'ada', members: [], active: true };
    await projects.put('p', project);
    const say = (id: string) =>
      at.post(`${SCENE}/operations`, { clientId: 'a', operation: add(id) }, { as: 'ada' });
    t.match(await say('x'), { status: 200 });
    await projects.put('p', { ...project, active: false });
    t.match(await say('y'), { status: 403, body: { code: 'PROJECT_INACTIVE' } });
    await projects.put('p', project);
    t.match(await say('y'), { status: 200 });
  },
);

onBoth(
  t,
  '[ES6] a stream that cannot carry what it is asked for is refused before it begins',
  async (t, start) => {
    const at = await start({ RATE_LIMIT: '1000/1s' });
    const things = (count: number) => Array.from({ length: count }, (_, index) => `p${index}`).join();
    const open = (planetId: string) =>
      at.open(`/rooms/r/events?events=cameras&planetId=${planetId}`, { as: 'ada' });
    const cases: [string, number, string][] = [
      [things(65), 409, 'LIMIT_EXCEEDED'],
      ['p%00', 422, 'INVALID_FIELD'],
      ['x'.repeat(201), 422, 'INVALID_FIELD'],
    ];
    for (const [planetId, status, code] of cases) {
      const one = await open(planetId);
      await one.ended();
      t.equal(one.response.status, status, code);
      t.match(JSON.parse(one.text), { code });
    }
    const most = await open(things(64));
    await most.next('sceneState');
  },
);

onBoth(
  t,
  '[ES3] a stream may view as much as the limit says, whatever the rate of commands',
  async (t, start) => {
    const at = await start({ RATE_LIMIT: '2/100s', MAX_SELECTIONS: '64' });
    const things = Array.from({ length: 64 }, (_, index) => `p${index}`);
    const all = `/rooms/r/events?clientId=a&events=cameras&planetId=${things.join()}`;
    const ada = await at.open(all, { as: 'ada' });
    t.equal(ada.response.status, 200);
    await ada.next('sceneState');
    const ben = await at.open('/rooms/r/events?clientId=b&events=cameras&planetId=p63', { as: 'ben' });
    await ben.next('sceneState');
    const camera = { clientId: 'b', type: 'camera', planetId: 'p63', camera: { position: [1, 0, 0] } };
    t.match(await at.post('/rooms/r/signals', camera, { as: 'ben' }), { status: 200 });
    await ada.next('camera', ({ planetId }) => planetId === 'p63');
  },
);

onBoth(t, '[ES9] what others see of a guest does not let them speak for it', async (t, start) => {
  const at = await start();
  const guest = await at.open('/rooms/r/events?clientId=known-to-itself&events=presence');
  const mallory = await at.open('/rooms/r/events?clientId=m&events=presence');
  const { data } = await mallory.next('presence', ({ users }) => users.length === 2);
  t.notMatch(JSON.stringify(data), 'known-to-itself');
  const again = await at.open('/rooms/r/events?clientId=known-to-itself&events=presence');
  const { users } = (await again.next('presence')).data;
  t.equal(users.length, 2, 'and by its own id it is the same one again');
  t.equal(guest.isEnded, false);
});

onBoth(
  t,
  '[ES8] what may have been done is only to be tried again where that does it once',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    for (const [opId, status] of [
      [undefined, 500],
      ['o', 503],
    ] as const) {
      const ada = await at.open('/rooms/r/events?clientId=a', { as: 'ada' });
      await ada.next('sceneState');
      const body = { clientId: 'a', operation: { type: 'update', target: 'scene', data: { opId } }, opId };
      const say = () => at.post('/rooms/r/operations', body, { as: 'ada' });
      log.hold();
      const pending = say();
      while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
      ada.close();
      t.equal((await pending).status, status);
      log.release();
      if (opId !== undefined) t.match(await say(), { status: 200 });
    }
    t.equal((await at.server.state('r')).version, 2, 'each was done, and once');
  },
);
