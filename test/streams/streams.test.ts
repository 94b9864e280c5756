import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { add, onBoth, SCENE } from './stage.ts';

onBoth(t, '[ES1] a stream begins with connected and the state, and goes on with deltas', async (t, start) => {
  const at = await start();
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  t.equal(ada.response.status, 200);
  t.equal(ada.response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.equal(ada.response.headers.get('cache-control'), 'no-store, no-transform');
  t.match(await ada.next('connected'), { data: { connectionId: String, userId: 'ada' } });
  const state = await ada.next('sceneState');
  const { epoch } = state.data;
  t.match(state, {
    id: `${epoch}:0`,
    data: { projectId: 'p', sceneId: 's', version: 0, manifest: { properties: {}, items: {} } },
  });
  t.notOk('messages' in state.data, 'nothing that was not asked for');
  t.match(await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('x') }, { as: 'ada' }), {
    status: 200,
    body: { ok: true, version: 1 },
  });
  t.match(await ada.next('sceneDelta'), {
    id: `${epoch}:1`,
    data: { delta: { fromVersion: 0, toVersion: 1, operations: [add('x')] } },
  });
});

onBoth(
  t,
  '[ES2] who comes back with the last id gets what it missed, or else the state',
  async (t, start) => {
    const at = await start();
    const path = `${SCENE}/events?clientId=a`;
    const ben = await at.open(`${SCENE}/events?clientId=b`, { as: 'ben' });
    const write = (id: string) =>
      at.post(`${SCENE}/operations`, { clientId: 'b', operation: add(id) }, { as: 'ben' });
    const ada = await at.open(path, { as: 'ada' });
    await write('one');
    await ada.next('sceneDelta');
    const id = ada.lastId as string;
    ada.close();
    await write('two');
    await write('three');
    const missed = { fromVersion: 1, toVersion: 3, operations: [add('two'), add('three')] };
    const header = await at.open(path, { as: 'ada', headers: { 'last-event-id': id } });
    t.match(await header.next('sceneDelta'), { data: { delta: missed } });
    const query = await at.open(`${path}&lastEventId=${id}`, { as: 'ada' });
    t.match(await query.next('sceneDelta'), { data: { delta: missed } });
    await write('four');
    for (const one of [header, query]) {
      t.match(await one.next('sceneDelta'), { data: { delta: { fromVersion: 3, toVersion: 4 } } });
      t.same(one.named('sceneState'), [], 'the state is not sent to who has it');
    }
    for (const lost of [`other${id}`, 'no id of ours', `${id.split(':')[0]}:99`]) {
      const again = await at.open(path, { as: 'ada', headers: { 'last-event-id': lost } });
      t.match(await again.next('sceneState'), { data: { version: 4 } });
      t.same(again.named('sceneDelta'), []);
    }
    t.equal((await ben.next('sceneDelta', ({ delta }) => delta.toVersion === 4)).id, query.lastId);
  },
);

onBoth(
  t,
  '[ES3] others than the scene’s events come to those who ask, with ids that resume them',
  async (t, start) => {
    const at = await start();
    const all = 'presence,selections,cameras,cursors,typing,scroll,messages,texts,published';
    const path = `/rooms/r/events?clientId=a&events=${all}&planetId=mars,venus`;
    const ada = await at.open(path, { as: 'ada' });
    const as = { as: 'ben' };
    const say = (what: string, body: object) => at.post(`/rooms/r/${what}`, { clientId: 'b', ...body }, as);
    const { data: state } = await ada.next('sceneState');
    t.match(state, { messages: [], documents: {} });
    await at.open('/rooms/r/events?clientId=b&planetId=mars', as);
    t.match(await ada.next('presence', ({ users }) => users.length === 2), {
      id: undefined,
      data: { users: [{ userId: 'ada' }, { userId: 'ben' }] },
    });
    t.match(await say('selections', { planetId: 'mars' }), { status: 200 });
    t.match(await ada.next('selections'), { data: { selected: { mars: ['ben'] } } });
    t.match(await say('signals', { type: 'camera', planetId: 'mars', camera: { zoom: 2 } }), { status: 200 });
    t.match(await ada.next('camera'), { data: { userId: 'ben', planetId: 'mars', camera: { zoom: 2 } } });
    t.match(await say('signals', { type: 'cursor', position: [1, 2] }), { status: 200 });
    t.match(await ada.next('cursor'), { data: { userId: 'ben', position: [1, 2] } });
    t.match(await say('signals', { type: 'typing', isTyping: true }), { status: 200 });
    t.match(await ada.next('typing'), { data: { isTyping: true } });
    t.match(await say('signals', { type: 'scroll', position: 3 }), { status: 200 });
    t.match(await ada.next('scroll'), { data: { position: 3 } });
    t.match(await say('messages', { text: 'one' }), { status: 200, body: { id: String } });
    const message = await ada.next('message');
    t.match(message, { id: /^[^:]+:0:\d+$/, data: { userId: 'ben', text: 'one' } });
    ada.close();
    await say('messages', { text: 'two' });
    await say('texts', { documentId: 'd', operation: ['abc'], version: 0 });
    await say('selections', { planetId: 'mars', selected: false });
    const back = await at.open(path, { as: 'ada', headers: { 'last-event-id': message.id as string } });
    t.match(await back.next('message'), { data: { text: 'two' } });
    t.match(await back.next('text'), { data: { documentId: 'd', operation: ['abc'], version: 1 } });
    t.same(back.named('message').length, 1, 'once');
    const plain = await at.open('/rooms/r/events?events=', { as: 'ada' });
    await say('messages', { text: 'three' });
    await say('operations', { operation: add('x') });
    await plain.next('sceneDelta');
    t.same(
      plain.events.map(({ event }) => event),
      ['connected', 'sceneState', 'sceneDelta'],
    );
  },
);

onBoth(t, '[ES4] a heartbeat comes as an event', async (t, start) => {
  const at = await start({ HEARTBEAT_MS: '5000' });
  const ada = await at.open(`${SCENE}/events?clientId=a`, { as: 'ada' });
  await ada.next('sceneState');
  for (let beat = 0; beat < 3; beat++) {
    await at.pass(5000, 1000);
    t.match(await ada.next('heartbeat'), { id: undefined, data: { timestamp: Number } });
  }
  t.equal(ada.isEnded, false, 'who only reads is not taken for gone');
  await at.pass(200_000, 1000);
  await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('x') }, { as: 'ada' });
  await ada.next('sceneDelta');
});

onBoth(t, '[ES5] what others write begins no line, event or stream of its own', async (t, start) => {
  const at = await start();
  const evil = 'x\n\nevent: close\ndata: {}\r\n\rid: 0\u2028\u2029\u0085 end';
  const ada = await at.open(`/rooms/r/events?clientId=a&events=messages,published`, { as: 'ada' });
  const ben = { as: 'ben' };
  await at.post('/rooms/r/messages', { clientId: 'b', text: evil }, ben);
  t.equal((await ada.next('message')).data.text, evil);
  await at.post('/rooms/r/operations', { clientId: 'b', operation: add('i', { [evil]: evil }) }, ben);
  t.equal((await ada.next('sceneDelta')).data.delta.operations[0].data[evil], evil);
  t.match(await at.post('/rooms/r/operations', { clientId: 'b', operation: add(evil) }, ben), {
    status: 422,
    body: { code: 'INVALID_FIELD', path: 'operation.id' },
  });
  for (const event of ['close', 'sceneDelta', 'heartbeat', 'own:event']) {
    await at.post('/rooms/r/relays', { clientId: 'b', event, data: { evil } }, ben);
    t.match(await ada.next(event === 'own:event' ? event : `published:${event}`), { data: { evil } });
  }
  t.notOk(ada.text.includes('\r'));
  t.equal(ada.isEnded, false);
});

onBoth(t, '[ES6] a join that is refused is an answer with a status', async (t, start) => {
  const at = await start({ AUTH: 'required', MAX_ROOM_USERS: '1' });
  const expired = await tokenOf('ada', { exp: 1000 });
  const pinned = await tokenOf('ada', { rooms: ['other'] });
  const cases: [string, object, number, object][] = [
    ['/rooms/r/events', {}, 401, { code: 'UNAUTHENTICATED' }],
    ['/rooms/r/events', { token: 'nonsense' }, 401, { code: 'TOKEN_INVALID' }],
    ['/rooms/r/events', { token: expired }, 401, { code: 'TOKEN_EXPIRED' }],
    ['/rooms/r/events', { token: pinned }, 403, { code: 'FORBIDDEN' }],
    ['/rooms/project:nowhere/events', { as: 'ada' }, 404, { code: 'PROJECT_NOT_FOUND' }],
    ['/rooms/r/events?events=presence,nonsense', { as: 'ada' }, 422, { path: 'events' }],
    ['/rooms/r/events?events=cameras', { as: 'ada' }, 422, { path: 'planetId' }],
    ['/rooms/r/events?clientId=', { as: 'ada' }, 422, { path: 'clientId' }],
    ['/rooms/r/events?userId=ben', { as: 'ada' }, 403, { code: 'IDENTITY_MISMATCH' }],
    ['/projects/a%3Ab/scenes/s/events', { as: 'ada' }, 422, { path: 'projectId' }],
    ['/rooms/r/event', { as: 'ada' }, 404, { code: 'NOT_FOUND' }],
    ['/rooms/r/events', { as: 'ada', method: 'POST' }, 405, { code: 'METHOD_NOT_ALLOWED' }],
    ['/rooms/full/events', { as: 'ben' }, 409, { code: 'ROOM_FULL' }],
  ];
  await at.open('/rooms/full/events', { as: 'ada' });
  for (const [path, ask, status] of cases) {
    const { response } = await at.open(path, ask);
    t.equal(response.status, status, path);
    t.equal(response.headers.get('content-type'), 'application/json; charset=utf-8');
    if (status === 401) t.equal(response.headers.get('www-authenticate'), 'Bearer');
    if (status === 405) t.equal(response.headers.get('allow'), 'GET, HEAD');
  }
  for (const [path, ask, , body] of cases) {
    const { method = 'GET', as, token } = ask as { method?: string; as?: string; token?: string };
    const proof = token ?? (as === undefined ? undefined : await tokenOf(as));
    const headers: Record<string, string> = proof === undefined ? {} : { authorization: `Bearer ${proof}` };
    t.match(await (await fetch(at.url(path), { method, headers })).json(), body, path);
  }
});

onBoth(t, '[ES6] a token comes from the query, a cookie only from pages that may', async (t, start) => {
  const at = await start({ AUTH: 'required', CORS_ORIGIN: 'https://app.example' });
  const token = await tokenOf('ada');
  const asked = await at.open(`${SCENE}/events?token=${token}`);
  t.match(await asked.next('connected'), { data: { userId: 'ada' } });
  const cookie = `token=${token}`;
  const own = new URL(at.url('/')).origin;
  for (const origin of ['https://app.example', own]) {
    const page = await at.open(`${SCENE}/events`, { headers: { cookie, origin } });
    t.equal(page.response.status, 200, origin);
  }
  const { headers } = (
    await at.open(`${SCENE}/events`, { headers: { cookie, origin: 'https://app.example' } })
  ).response;
  t.equal(headers.get('access-control-allow-origin'), 'https://app.example');
  t.equal(headers.get('access-control-allow-credentials'), 'true');
  for (const more of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    const page = await at.open(`${SCENE}/events`, { headers: { cookie, ...more } as Record<string, string> });
    t.equal(page.response.status, 403);
  }
});

onBoth(
  t,
  '[ES7] a stream is a member as any other, and keeps its place while it comes back',
  async (t, start) => {
    const at = await start({ HEARTBEAT_GRACE_MS: '90000', HEARTBEAT_MS: '30000' });
    const path = (id: string) => `${SCENE}/events?clientId=${id}&events=presence,selections`;
    const ben = await at.open(path('b'), { as: 'ben' });
    const ada = await at.open(path('a'), { as: 'ada' });
    const names = ({ users }: { users: { userId: string }[] }) => users.map(({ userId }) => userId).join();
    await ben.next('presence', (data) => names(data) === 'ben,ada');
    await at.post('/rooms/scene:p:s/selections', { clientId: 'a', planetId: 'chair' }, { as: 'ada' });
    await ben.next('selections', ({ selected }) => selected.chair?.[0] === 'ada');
    // Long after it was last heard.
    await at.pass(200_000, 1000);
    ada.close();
    const back = await at.open(path('a'), { as: 'ada' });
    t.match(await back.next('selections'), { data: { selected: { chair: ['ada'] } } });
    await at.post(`${SCENE}/operations`, { clientId: 'a', operation: add('chair') }, { as: 'ada' });
    await ben.next('sceneDelta');
    t.notOk(
      ben.named('presence').some(({ data }, index) => index > 1 && names(data) === 'ben'),
      'nobody saw it go',
    );
    back.close();
    await at.pass(100_000, 1000);
    await ben.next('presence', (data) => names(data) === 'ben');
    const again = await at.open(path('a'), { as: 'ada' });
    await ben.next('presence', (data) => names(data) === 'ben,ada');
    t.match(await at.post(`${SCENE}/leave`, { clientId: 'a' }, { as: 'ada' }), { status: 200 });
    await ben.next('presence', (data) => names(data) === 'ben');
    await again.ended();
  },
);
