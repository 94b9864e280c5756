import t from 'tap';
import { connect } from '../support/client.ts';
import { onEach, type Person, tokenOf } from './stage.ts';

onEach(
  t,
  '[SO10] only whose token opens a project joins it, and each refusal has its code',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const token = await tokenOf('ada', { projects: ['p1'] });
    const ada = await at.client({ auth: { token } });
    t.match(await ada.ask('join-project', { projectId: 'p1' }), { ok: true, projectId: 'p1' });
    t.match(await ada.ask('join-project', { projectId: 'p1', token }), { ok: true });
    ada.emit('join-project', {});
    t.match(await ada.next('error'), { code: 'MISSING_PROJECT_ID' });
    ada.emit('join-project', { projectId: 'p2' });
    t.match(await ada.next('error'), { code: 'UNAUTHORIZED' });
    ada.emit('join-project', { projectId: 'p1', token: 'nonsense' });
    t.match(await ada.next('error'), { code: 'UNAUTHORIZED' });
    ada.emit('leave-project', { projectId: 'p2' });
    t.match(await ada.next('error'), { code: 'LEAVE_FAILED' });
    t.match(await ada.ask('leave-project', { projectId: 'p1' }), { ok: true, projectId: 'p1' });
  },
);

onEach(t, '[SO3] where a callback waits, a refusal is no event of a project, either', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const ada = await at.client({ as: 'ada' });
  for (const [event, data, code] of [
    ['join-project', {}, 'MISSING_PROJECT_ID'],
    ['join-project', { projectId: 'nowhere' }, 'PROJECT_NOT_FOUND'],
    ['leave-project', { projectId: 'nowhere' }, 'LEAVE_FAILED'],
  ] as const) {
    const answer = await ada.ask(event, data);
    t.match(answer, { ok: false, code });
    t.same(Object.keys(answer).sort(), ['code', 'message', 'ok']);
  }
  t.same(ada.heard(), ['connect', 'pong']);
});

onEach(
  t,
  '[SO10] a project’s id that cannot be one is not missing, and a token that is null is none',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const ada = await at.client({ auth: { token: await tokenOf('ada', { projects: ['p1'] }) } });
    for (const projectId of [undefined, null, '']) {
      for (const event of ['join-project', 'leave-project']) {
        t.match(await ada.ask(event, { projectId }), { code: 'MISSING_PROJECT_ID' });
      }
    }
    for (const projectId of ['a:b', 7, 'x'.repeat(201)]) {
      t.match(await ada.ask('join-project', { projectId }), { code: 'JOIN_FAILED', message: /projectId/ });
      t.match(await ada.ask('leave-project', { projectId }), { code: 'LEAVE_FAILED', message: /projectId/ });
    }
    t.match(await ada.ask('join-project', { projectId: 'p1', token: null }), { ok: true, projectId: 'p1' });
    t.match(await ada.ask('join-project', { projectId: 'p1', token: 7 }), {
      code: 'JOIN_FAILED',
      message: /token/,
    });
  },
);

onEach(t, '[SO10] a guest joins with a token at once, as the user whom it says', async (t, start) => {
  const at = await start({ AUTH: 'optional' });
  const guest = await at.client();
  const token = await tokenOf('ada', { projects: ['p1'] });
  t.match(await guest.ask('join-project', { projectId: 'p1', token }), { ok: true, projectId: 'p1' });
  const native = await connect(at.server.port, { headers: { authorization: `Bearer ${token}` } });
  t.teardown(() => native.close());
  native.send({ type: 'join', roomId: 'project:p1' });
  t.match(await native.nextOf('presence'), { users: [{ userId: 'ada', name: 'ADA' }] });
});

const project = { ownerId: 'ada', members: ['ben'], active: true };

onEach(t, 'owners and members join active projects, and there are six codes', async (t, start) => {
  const at = await start({ AUTH: 'required', MAX_ROOM_USERS: '2' });
  await at.server.projects.put('p', project);
  await at.server.projects.put('asleep', { ...project, active: false });
  const [ada, ben, eve] = [
    await at.client({ as: 'ada' }),
    await at.client({ as: 'ben' }),
    await at.client({ auth: { token: await tokenOf('eve', { projects: ['p', 'asleep'] }) } }),
  ];
  const stranger = await at.client({ as: 'zoe' });
  for (const one of [ada, ben]) t.match(await one.ask('join-project', { projectId: 'p' }), { ok: true });
  const cases: [who: Person, event: string, data: object, code: string][] = [
    [ada, 'join-project', {}, 'MISSING_PROJECT_ID'],
    [ada, 'leave-project', {}, 'MISSING_PROJECT_ID'],
    [stranger, 'join-project', { projectId: 'p' }, 'UNAUTHORIZED'],
    [stranger, 'join-project', { projectId: 'asleep' }, 'UNAUTHORIZED'],
    [ada, 'join-project', { projectId: 'nowhere' }, 'PROJECT_NOT_FOUND'],
    [ada, 'join-project', { projectId: 'asleep' }, 'PROJECT_INACTIVE'],
    [eve, 'join-project', { projectId: 'asleep' }, 'PROJECT_INACTIVE'],
    [eve, 'join-project', { projectId: 'p' }, 'JOIN_FAILED'],
    [eve, 'leave-project', { projectId: 'p' }, 'LEAVE_FAILED'],
  ];
  for (const [who, event, data, code] of cases) {
    who.emit(event, data);
    const error = await who.next('error');
    t.same(Object.keys(error).sort(), ['code', 'message'], event);
    t.equal(error.code, code, `${event} ${JSON.stringify(data)}`);
  }
  const root = await at.client({ auth: { token: await tokenOf('root', { role: 'admin' }) } });
  t.match(await root.ask('join-project', { projectId: 'asleep' }), { ok: true });
});

onEach(t, 'who is in a project that is made inactive leaves it at once', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  await at.server.projects.put('p', project);
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) t.match(await one.ask('join-project', { projectId: 'p' }), { ok: true });
  await at.server.projects.put('p', { ...project, members: [] });
  t.match(await ben.next('error'), { code: 'UNAUTHORIZED' });
  await at.server.projects.put('p', { ...project, active: false });
  t.match(await ada.next('error'), { code: 'PROJECT_INACTIVE' });
  t.match(await ada.ask('leave-project', { projectId: 'p' }), { ok: false, code: 'LEAVE_FAILED' });
  t.match(await ada.ask('join-project', { projectId: 'p' }), { ok: false, code: 'PROJECT_INACTIVE' });
  await at.server.projects.put('p', project);
  t.match(await ada.ask('join-project', { projectId: 'p' }), { ok: true });
  t.same(ben.heard(), ['connect', 'pong']);
});

onEach(t, 'who is in a scene of a project that is made inactive leaves it at once', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  await at.server.projects.put('p', project);
  const ben = await at.client({ namespace: '/scenes', as: 'ben' });
  t.match(await ben.ask('joinScene', { projectId: 'p', sceneId: 's' }), { ok: true });
  await at.server.projects.put('p', { ...project, active: false });
  t.match(await ben.next('error'), { ok: false, code: 'PROJECT_INACTIVE' });
});

onEach(t, '[SO3] what is said in a project in the words of rooms is answered in these', async (t, start) => {
  const at = await start();
  await at.server.projects.put('p', project);
  const ada = await at.client({ as: 'ada' });
  await ada.ask('join-project', { projectId: 'p' });
  await ada.ask('join_room', { roomId: 'r' });
  for (const roomId of ['r', 'project:p']) {
    const edit = { roomId, documentId: 'd', operation: ['x'] };
    const early = { code: 'VERSION_UNKNOWN', event: 'operation' };
    t.match(await ada.ask('operation', { ...edit, version: 5 }), { ok: false, ...early }, roomId);
    ada.emit('operation', { ...edit, version: 5 });
    t.match(await ada.next('error'), early, roomId);
    t.match(await ada.ask('operation', { ...edit, version: 0 }), { ok: true, version: 1 }, roomId);
  }
});
