import t from 'tap';
import { scenes } from '../../server/dialect/vocabularies/socket-io/scenes.ts';
import { createGatedLog } from '../native/gated-log.ts';
import { createRandom } from '../simulation/random.ts';
import { onEach, type Person, type SocketStage } from './stage.ts';

const scene = { projectId: 'project-123', sceneId: 'scene-456' };

onEach(t, '[SO7] people in a scene see each other and what each of them does', async (t, start) => {
  const at = await start();
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  t.match(await ada.next('connected'), { userId: 'ada' });
  ada.emit('joinScene', scene);
  t.match(await ada.next('sceneJoined'), {
    ...scene,
    version: 0,
    manifest: { properties: {}, items: {} },
    users: [{ userId: 'ada', userName: 'ADA' }],
  });
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  ben.emit('joinScene', scene);
  t.match(await ben.next('sceneJoined'), { users: [{ userId: 'ada' }, { userId: 'ben' }] });
  t.match(await ada.next('userJoined'), { userId: 'ben', userName: 'BEN', ...scene });

  ada.emit('sceneOperation', { type: 'add', target: 'item', data: { id: 'item-789', model: 'chair' } });
  const update = {
    type: 'update',
    target: 'item',
    id: 'item-789',
    data: { position_x: 10.5, rotation_y: 45 },
  };
  t.match(await ada.ask('sceneOperation', update), { ok: true, version: 2 });
  for (const one of [ada, ben]) {
    const operations: unknown[] = [];
    let version = 0;
    while (version < 2) {
      const { delta } = await one.next('sceneDelta');
      t.equal(delta.fromVersion, version);
      version = delta.toVersion;
      operations.push(...delta.operations);
    }
    t.match(operations[0], { type: 'add', target: 'item', id: 'item-789' });
  }
  ben.emit('requestSync', { version: 2 });
  t.same(await ben.next('syncResponse'), { type: 'current', version: 2 });
  ben.emit('requestSync', { version: 0 });
  t.match(await ben.next('syncResponse'), {
    type: 'full',
    version: 2,
    manifest: { items: { 'item-789': {} } },
  });
  t.notOk(ben.heard().includes('sceneDelta'), 'what is in it may have come already');
  ben.emit('requestSync', { version: 99 });
  t.match(await ben.next('syncResponse'), {
    type: 'full',
    version: 2,
    manifest: { items: { 'item-789': {} } },
  });
  ben.emit('leaveScene');
  t.match(await ada.next('userLeft'), { userId: 'ben', userName: 'BEN', ...scene });
  t.same(
    ada.heard().filter((event) => event === 'error'),
    [],
  );
});

onEach(t, '[SO7] the whole scene is encoded once for all who ask what they missed', async (t, start) => {
  const at = await start();
  const [ada, ...others] = await editors(at, ['ada', 'ben', 'cy', 'dee']);
  for (const one of [ada, ...others]) await one?.ask('joinScene', scene);
  await ada?.ask('sceneOperation', add('i'));
  const direct = scenes.direct as unknown as { sync(event: object, view: object): object[] };
  const told = t.capture(direct, 'sync', direct.sync);
  for (const one of others) {
    one.emit('requestSync', { version: 0 });
    t.match(await one.next('syncResponse'), { type: 'full', version: 1, manifest: { items: { i: {} } } });
  }
  t.equal(told().length, 1);
  const [ben] = others;
  t.match(await ben?.ask('requestSync', { version: 0 }), { ok: true, type: 'full', version: 1 });
});

const sceneOf = (sceneId: string) => ({ projectId: 'p', sceneId });
async function editors(at: SocketStage, names: readonly string[]): Promise<Person[]> {
  const people: Person[] = [];
  for (const as of names) people.push(await at.client({ namespace: '/scenes', as }));
  return people;
}

const join = (one: Person, sceneId: string) => one.ask('joinScene', sceneOf(sceneId));
const add = (id: string) => ({ type: 'add', target: 'item', data: { id } });

onEach(t, '[SO7] who may not enter another scene stays in its own', async (t, start) => {
  const at = await start(
    { MAX_ROOM_USERS: '2' },
    { authorize: (_, __, roomId) => (roomId.endsWith('locked') ? false : undefined) },
  );
  const people = await editors(at, ['ada', 'ben', 'cleo', 'dan']);
  const [ada, ben, ...others] = people as [Person, Person, Person, Person];
  for (const one of [ada, ben]) await join(one, 'own');
  for (const one of others) await join(one, 'full');
  t.match(await join(ada, 'locked'), { ok: false, code: 'FORBIDDEN' });
  t.match(await join(ada, 'full'), { ok: false, code: 'ROOM_FULL' });
  t.match(await ada.ask('joinScene', { projectId: 'p' }), { ok: false, code: 'INVALID_FIELD' });
  t.match(await ada.ask('sceneOperation', add('chair')), { ok: true, version: 1 });
  t.match(await ben.ask('sceneOperation', add('table')), { ok: true, version: 2 });
  let heard = 0;
  while (heard < 2) heard = (await ada.next('sceneDelta')).delta.toVersion;
  t.notOk(ben.heard().includes('userLeft'));
});

onEach(
  t,
  '[SO7] in a new scene nothing of the one before is heard',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    const people = await editors(at, ['ada', 'ben']);
    const [ada, ben] = people as [Person, Person];
    for (const one of people) await join(one, 'old');
    await ada.next('sceneJoined');
    log.hold('scene:p:old');
    const late = ben.ask('sceneOperation', add('chair'));
    while (log.held === 0) await new Promise((resolve) => setImmediate(resolve));
    t.match(await join(ada, 'new'), { ok: true, sceneId: 'new' });
    t.match(await ada.next('sceneJoined'), sceneOf('new'));
    t.match(await ada.ask('sceneOperation', add('lamp')), { ok: true, version: 1 });
    log.release();
    t.match(await late, { ok: true, version: 1 });
    t.match(await ben.next('userLeft'), { userId: 'ada', ...sceneOf('old') });
    t.match(await ada.ask('sceneOperation', add('table')), { ok: true, version: 2 });
    const ids: string[] = [];
    while (!ids.includes('table')) {
      const { delta } = await ada.next('sceneDelta');
      for (const { id, data } of delta.operations) ids.push(id ?? data.id);
    }
    t.same(ids, ['lamp', 'table']);
  },
  ['websocket only'],
);

onEach(
  t,
  '[SO7] what is done behind a change of mind is done in the scene asked for last',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    const people = await editors(at, ['ada', 'ben', 'cleo']);
    const [ada, ben, cleo] = people as [Person, Person, Person];
    for (const one of [ada, ben]) await join(one, 'a');
    await join(cleo, 'b');
    log.hold('scene:p:a');
    // On to another, back, and on with the work, before it is there again.
    const moves = [join(ada, 'b'), join(ada, 'a')];
    const work = ada.ask('sceneOperation', add('chair'));
    t.match(await ada.ask('nonsense'), { code: 'UNKNOWN_TYPE' }, 'all is on its way');
    log.release();
    for (const one of moves) t.match(await one, { ok: true });
    t.match(await work, { ok: true, version: 1 });
    t.match(await ben.ask('sceneOperation', add('table')), { ok: true, version: 2 });
    t.match(await cleo.ask('sceneOperation', add('lamp')), { ok: true, version: 1 });
  },
);

onEach(
  t,
  '[SO7] who changes its mind on the way is in the scene that it asked for last',
  async (t, start) => {
    const log = createGatedLog();
    const at = await start({}, { log });
    const people = await editors(at, ['ada', 'ben']);
    const [ada, ben] = people as [Person, Person];
    await join(ada, 'a');
    await join(ben, 'b');
    // On to another, and back.
    const there = join(ada, 'b');
    t.match(await join(ada, 'a'), { ok: true, sceneId: 'a' });
    await there;
    t.match(await ada.ask('sceneOperation', add('chair')), { ok: true, version: 1 });
    // On to a third, while the second takes its time.
    log.hold('scene:p:b');
    const slow = join(ada, 'b');
    t.match(await join(ada, 'c'), { ok: true, sceneId: 'c' });
    let latest = '';
    while (latest !== 'c') latest = (await ada.next('sceneJoined')).sceneId;
    log.release();
    t.match(await slow, { ok: true });
    t.match(await ben.next('userLeft'), { userId: 'ada', ...sceneOf('b') });
    t.notOk(ada.heard().includes('sceneJoined'), 'it hears no more of the second');
    t.match(await ada.ask('sceneOperation', add('lamp')), { ok: true, version: 1 });
    t.match(await ben.ask('sceneOperation', add('table')), { ok: true, version: 1 });
  },
  ['websocket only'],
);

onEach(t, '[SO7] the scene that is left takes no room from the one that is entered', async (t, start) => {
  const at = await start({ MAX_CONNECTION_ROOMS: '1' });
  const ada = await at.client({ namespace: '/scenes', as: 'ada' });
  for (const sceneId of ['a', 'b', 'a']) t.match(await join(ada, sceneId), { ok: true, sceneId });
});

onEach(
  t,
  '[SO7] however quickly it changes, it is in the scene that it asked for last, and hears of no error',
  async (t, start) => {
    const rates = { RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '1000000/1s' };
    const at = await start({ STORE: 'lmdb', DATA_DIR: t.testdir(), ...rates });
    const random = createRandom(7);
    const names = Array.from({ length: 20 }, (_, index) => `user${index}`);
    const people = await editors(at, names);
    const scenes = ['a', 'b', 'c'];
    const last = new Map<string, string>();
    await Promise.all(
      people.map(async (one, index) => {
        for (let turn = 0; turn < 200; turn++) {
          const scene = random.pick(scenes);
          last.set(names[index] as string, scene);
          const answer = join(one, scene);
          if (turn % 50 === 49) await answer;
          else answer.catch(() => {});
        }
      }),
    );
    const [probe] = (await editors(at, ['probe'])) as [Person];
    for (const scene of scenes) {
      await join(probe, scene);
      const { users } = await probe.next('sceneJoined');
      const there = users
        .map(({ userId }: { userId: string }) => userId)
        .filter((id: string) => id !== 'probe');
      t.same(there.sort(), names.filter((name) => last.get(name) === scene).sort(), scene);
    }
    for (const one of people) t.notOk(one.heard().includes('error'));
  },
  ['websocket only'],
);
