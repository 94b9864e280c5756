import t from 'tap';
import { token } from '../native/person.ts';
import { durable, onEach, tokenOf } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { apiStage, backend } from './stage.ts';

async function post(port: number, path: string, body?: unknown, claims: Record<string, unknown> = backend) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await token(claims)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: JSON.parse(await response.text()) };
}

async function native(port: number, userId: string, roomId?: string, protocols: string[] = []) {
  const headers = { authorization: `Bearer ${await token({ sub: userId })}` };
  const client = await connect(port, { headers, protocols });
  if (roomId !== undefined) await client.ask({ type: 'join', roomId });
  return client;
}

onEach(
  t,
  '[HT7] an event reaches every vocabulary under its name, in one order',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const [scene, component, room] = ['scene:p:s', 'component:c', 'blueprint'];
    const viewer = await at.client({ namespace: '/scenes', as: 'ada' });
    await viewer.ask('joinScene', { projectId: 'p', sceneId: 's' });
    const editor = await at.client({ as: 'ben' });
    await editor.ask('component:subscribe', { componentId: 'c' });
    await editor.ask('join_room', { roomId: room, userId: 'ben' });
    const plain = await native(at.server.port, 'cleo', scene);
    const batches = await native(at.server.port, 'dora', scene, ['tandem.v1']);
    t.teardown(() => Promise.all([plain.close(), batches.close()]));
    for (const one of [plain, batches]) await one.ask({ type: 'join', roomId: component });
    const data = { componentId: 'c', updates: { title: 'T' }, updatedBy: 'eve' };
    const { json } = await post(at.server.port, '/api/broadcast', {
      rooms: [scene, component, room],
      event: 'component:updated',
      data,
    });
    t.match(json.results, [{ ok: true }, { ok: true }, { ok: true }]);
    t.same(await viewer.next('component:updated'), data);
    for (const _ of [component, room]) t.same(await editor.next('component:updated'), data);
    for (const one of [plain, batches]) {
      for (const [index, roomId] of [scene, component].entries()) {
        const heard = await one.next((message) => message.type === 'event' && message.roomId === roomId);
        t.match(heard, { event: 'component:updated', data, id: json.results[index].id, timestamp: Number });
        t.same(Object.keys(heard).sort(), ['data', 'event', 'id', 'offset', 'roomId', 'timestamp', 'type']);
      }
    }
    for (let n = 0; n < 20; n++) {
      await post(at.server.port, `/api/rooms/${scene}/events`, { event: 'n', data: n });
    }
    await plain.next((message) => message.data === 19);
    const order = plain.messages.filter(({ event }) => event === 'n').map((one) => one.data);
    t.same(order, [...Array(20).keys()]);
  },
  ['websocket only', 'polling only'],
);

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[HT8] who is excluded does not hear an event, not even later (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, AUTH: 'required' });
    t.teardown(() => server.close());
    const people = await Promise.all([
      native(server.port, 'ada', 'r'),
      native(server.port, 'ada', 'r', ['tandem.v1']),
      native(server.port, 'ben', 'r'),
      native(server.port, 'cleo', 'r', ['tandem.v1']),
    ]);
    const [ada, adaToo, ben, cleo] = people;
    const { connectionId } = await cleo.next((one) => one.type === 'welcome');
    const place = await ben.ask({ type: 'join', roomId: 'r' });
    const publish = (data: number, exclude?: unknown) =>
      post(server.port, '/api/rooms/r/events', {
        event: 'n',
        data,
        ...(exclude === undefined ? {} : { exclude }),
      });
    await Promise.all([publish(1), publish(2, 'ada'), publish(3, ['ben', connectionId]), publish(4)]);
    // Of requests at once the order is open; whoever has heard this one has heard all of those that are for them.
    await publish(5);
    const heard = async (one: typeof ada) => {
      await one.next((message) => message.type === 'event' && message.data === 5);
      return one.messages
        .filter(({ type }) => type === 'event')
        .map((message) => message.data)
        .sort();
    };
    t.same(await heard(ada), [1, 3, 4, 5]);
    t.same(await heard(adaToo), [1, 3, 4, 5], 'on no connection of hers');
    t.same(await heard(ben), [1, 2, 4, 5]);
    t.same(await heard(cleo), [1, 2, 4, 5]);
    const { epoch, version, offset } = place;
    const back = await native(server.port, 'ben');
    await back.ask({ type: 'join', roomId: 'r', since: { epoch, version, offset } });
    t.same(await heard(back), [1, 2, 4, 5], 'nor by a resume');
    await back.ask({ type: 'requestSync', roomId: 'r', epoch, version, offset });
    const again = back.messages.filter(({ type }) => type === 'event').map((message) => message.data);
    t.same(again.sort(), [1, 1, 2, 2, 4, 4, 5, 5], 'nor by a synchronisation');
    await Promise.all([...people, back].map((one) => one.close()));
  });

  t.test(
    `[HT9] an event with an idempotencyKey is published once, also across a restart (${TRANSPORT})`,
    async (t) => {
      const env = { TRANSPORT, AUTH: 'required', ...(await durable(t)) };
      let server = await startServer(env);
      t.teardown(() => server.close());
      const publication = { event: 'paid', data: { n: 1 }, idempotencyKey: 'k' };
      const first = await post(server.port, '/api/rooms/r/events', publication);
      t.same(await post(server.port, '/api/rooms/r/events', publication), first);
      const other = { sub: 'another', scope: 'publish' };
      const second = await post(server.port, '/api/rooms/r/events', publication, other);
      t.not(second.json.id, first.json.id, 'keys are those of a publisher');
      const { epoch, version, members } = await server.room('r');
      t.same(members, [], 'nobody is there');
      await server.close();
      server = await startServer(env);
      t.same(await post(server.port, '/api/rooms/r/events', publication), first);
      const ada = await native(server.port, 'ada');
      await ada.ask({ type: 'join', roomId: 'r', since: { epoch, version, offset: 0 } });
      await ada.sync();
      const heard = ada.messages.filter(({ type }) => type === 'event').map(({ id }) => id);
      t.same(heard, [first.json.id, second.json.id], 'who resumes hears what nobody was there for, once');
      await ada.close();
    },
  );

  t.test(
    `[HT13] a room that is only read is not kept in memory, and nobody joins it (${TRANSPORT})`,
    async (t) => {
      const env = { ...(await durable(t)) };
      const at = await apiStage(t, { TRANSPORT, ...env });
      const ada = await native(at.server.port, 'ada', 'r');
      await ada.ask({
        type: 'sceneOperation',
        operation: { type: 'add', target: 'item', id: 'i', data: { n: 1 } },
      });
      await ada.ask({
        type: 'sceneOperation',
        operation: { type: 'update', target: 'item', id: 'i', data: { n: 2 } },
      });
      for (const text of ['a', 'b', 'c']) await ada.ask({ type: 'message', text });
      t.match((await at.ask('GET', '/api/rooms')).json, { rooms: [{ roomId: 'r', members: 1, version: 2 }] });
      t.match((await at.ask('GET', '/api/rooms/r')).json, {
        version: 2,
        members: [{ userId: 'ada', connections: 1, lastSeen: Number }],
      });
      await ada.close();
      for (let left = 1; left > 0; ) left = (await at.ask('GET', '/api/rooms')).json.rooms.length;
      const { epoch } = (await at.ask('GET', '/api/rooms/r')).json;
      t.match((await at.ask('GET', '/api/rooms/r/presence')).json, { users: [] });
      t.match((await at.ask('GET', '/api/rooms/r/state')).json, { manifest: { items: { i: { n: 2 } } } });
      t.match((await at.ask('GET', `/api/rooms/r/operations?since=1&epoch=${epoch}`)).json, {
        fromVersion: 1,
        toVersion: 2,
        operations: [{ type: 'update', target: 'item', id: 'i', data: { n: 2 } }],
      });
      t.equal((await at.ask('GET', '/api/rooms/r/operations?since=1&epoch=another')).status, 409);
      t.equal((await at.ask('GET', '/api/rooms/r/operations?since=3')).status, 409);
      const log = await at.ask('GET', '/api/rooms/r/log');
      t.match(log.json, {
        epoch,
        entries: [
          { kind: 'operations', toVersion: 1, operations: [{ type: 'add', id: 'i' }] },
          { kind: 'operations', fromVersion: 1, toVersion: 2 },
          ...['a', 'b', 'c'].map((text) => ({ kind: 'message', userId: 'ada', text, timestamp: Number })),
        ],
      });
      t.equal((await at.ask('GET', '/api/rooms/r/log?limit=1')).json.entries[0].text, 'c');
      t.equal((await at.ask('GET', '/api/rooms/r/log', { as: backend })).status, 403, 'for admins only');
      const page = (await at.ask('GET', '/api/rooms/r/messages?limit=2')).json;
      t.match(page, { messages: [{ text: 'b' }, { text: 'c' }], hasMore: true });
      const [{ id, timestamp }] = page.messages;
      t.match((await at.ask('GET', `/api/rooms/r/messages?before=${id}`)).json, {
        messages: [{ text: 'a' }],
        hasMore: false,
      });
      const late = await at.ask('GET', `/api/rooms/r/messages?before=${timestamp + 1_000_000}`);
      t.equal(late.json.messages.length, 3);
      t.same((await at.ask('GET', '/api/rooms')).json.rooms, []);
      const metrics = await (await fetch(`http://127.0.0.1:${at.server.port}/metrics`)).text();
      t.match(metrics, /^tandem_rooms 0$/m, 'none is left in memory');
      t.equal((await at.ask('GET', '/api/rooms/never')).status, 404);
      t.match((await at.ask('GET', '/api/rooms/never/presence')).json, { users: [] });
    },
  );

  t.test(`the rooms are listed by pages, as far as the token opens them (${TRANSPORT})`, async (t) => {
    const at = await apiStage(t, { TRANSPORT });
    const ada = await native(at.server.port, 'ada');
    for (const roomId of ['b', 'a', 'c/1', 'd']) await ada.ask({ type: 'join', roomId });
    const list = async (query: string, as: Record<string, unknown> = backend) => {
      const { json } = await at.ask('GET', `/api/rooms${query}`, { as });
      return { ids: json.rooms.map((one: { roomId: string }) => one.roomId), next: json.next };
    };
    t.same(await list(''), { ids: ['a', 'b', 'c/1', 'd'], next: undefined });
    t.same(await list('?limit=2'), { ids: ['a', 'b'], next: 'b' });
    t.same(await list('?limit=2&after=b'), { ids: ['c/1', 'd'], next: undefined });
    t.same(await list('?prefix=c'), { ids: ['c/1'], next: undefined });
    t.same(await list('', { sub: 'x', scope: 'publish', rooms: ['a', 'd'] }), {
      ids: ['a', 'd'],
      next: undefined,
    });
    t.equal((await at.ask('GET', `/api/rooms/${encodeURIComponent('c/1')}`)).json.roomId, 'c/1');
    await ada.close();
  });
}

onEach(
  t,
  '[HT10] a notification reaches all connections of its user, and nobody else',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const two = [await at.client({ as: 'ada' }), await at.client({ as: 'ada' })];
    const viewer = await at.client({ namespace: '/scenes', as: 'ada' });
    const ben = await at.client({ as: 'ben' });
    for (const one of [...two, viewer, ben]) await one.next('connect');
    const plain = await native(at.server.port, 'ada');
    const member = await native(at.server.port, 'ada', 'user:ada');
    t.teardown(() => Promise.all([plain.close(), member.close()]));
    const notice = {
      id: 'n-1',
      title: 'Shared',
      message: 'Ben shared a blueprint with you',
      type: 'success',
      action: { label: 'Open', url: 'https://app.example/b/1' },
    };
    const path = '/api/users/ada/notifications';
    const { status, json } = await post(at.server.port, path, notice);
    t.equal(status, 200);
    t.match(json, { ...notice, priority: 'medium', read: false, timestamp: Number });
    for (const one of [...two, viewer]) t.same(await one.next('notification'), json);
    for (const one of [plain, member]) {
      t.match(await one.nextOf('notification'), { id: 'n-1', data: json, timestamp: json.timestamp });
    }
    t.equal((await post(at.server.port, path, notice)).status, 200, 'a repeat is told once');
    await post(at.server.port, path, { title: 'Next', message: '' });
    for (const one of [...two, viewer])
      t.match(await one.next('notification'), { title: 'Next', type: 'info' });
    for (const one of [plain, member]) t.match(await one.nextOf('notification'), { data: { title: 'Next' } });
    t.notOk(ben.heard().includes('notification'));
    const wrong = await post(at.server.port, path, { title: 'T', message: 'M', type: 'loud' });
    t.match(wrong, { status: 422, json: { path: 'type', expected: /info, success/ } });
  },
  ['websocket only', 'polling only'],
);

t.test('[HT10] a guest hears nothing of what is for the user whose id it has taken', async (t) => {
  const server = await startServer({ AUTH: 'optional' });
  t.teardown(() => server.close());
  const guest = await connect(server.port);
  await guest.ask({ type: 'join', roomId: 'lobby', user: { userId: 'ada' } });
  const ada = await native(server.port, 'ada');
  t.teardown(() => Promise.all([guest.close(), ada.close()]));
  const path = '/api/users/ada/notifications';
  t.equal((await post(server.port, path, { title: 'Secret', message: '' })).status, 200);
  await ada.nextOf('notification');
  await guest.ask({ type: 'heartbeat' });
  t.notOk(guest.messages.some(({ type }) => type === 'notification'));
});

onEach(
  t,
  '[HT11] a user who is sent away is gone from everywhere, and does not come back by itself',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const ada = await at.client({ auth: { token: await tokenOf('ada') }, reconnection: true });
    await ada.ask('join_room', { roomId: 'r', userId: 'ada' });
    const plain = await native(at.server.port, 'ada', 'r');
    const ben = await native(at.server.port, 'ben', 'r');
    t.teardown(() => ben.close());
    const { json } = await post(at.server.port, '/api/users/ada/disconnect');
    t.same(json, { userId: 'ada', disconnected: 2 });
    t.equal(await ada.next('disconnect'), 'io server disconnect');
    const { code, reason } = await plain.closed;
    t.equal(code, 4103);
    t.same(JSON.parse(reason), { code: 'KICKED' });
    await ben.next((one) => one.type === 'presence' && one.users.length === 1);
    t.same(await post(at.server.port, '/api/users/ada/disconnect'), {
      status: 200,
      json: { userId: 'ada', disconnected: 0 },
    });
  },
  ['websocket only', 'polling only'],
);
