import t from 'tap';
import { inTime, startWired } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { bearer, ofType, present, stage } from './person.ts';

const project = { ownerId: 'ada', members: ['ben'], active: true };
const strict = { AUTH: 'required' };

t.test('[ID8] a project is open to its owner and members, and each refusal has its code', async (t) => {
  const at = await stage(t, strict);
  await at.server.projects.put('p', project);
  await at.server.projects.put('asleep', { ...project, active: false });
  const cases: [claims: Record<string, unknown>, roomId: string, code: string | undefined][] = [
    [{ sub: 'ada' }, 'project:p', undefined],
    [{ sub: 'ben' }, 'scene:p:s', undefined],
    [{ sub: 'eve' }, 'project:p', 'FORBIDDEN'],
    [{ sub: 'eve' }, 'scene:p:s', 'FORBIDDEN'],
    [{ sub: 'eve', projects: ['p'] }, 'project:p', undefined],
    [{ sub: 'ada', projects: ['q'] }, 'project:p', 'FORBIDDEN'],
    [{ sub: 'ada' }, 'project:asleep', 'PROJECT_INACTIVE'],
    [{ sub: 'ada', projects: ['asleep'] }, 'scene:asleep:s', 'PROJECT_INACTIVE'],
    [{ sub: 'eve' }, 'project:asleep', 'FORBIDDEN'],
    [{ sub: 'ada' }, 'project:q', 'PROJECT_NOT_FOUND'],
    [{ sub: 'eve', projects: ['q'] }, 'project:q', undefined],
    [{ sub: 'root', role: 'admin' }, 'project:asleep', undefined],
    [{ sub: 'root', scope: ['admin'] }, 'project:q', undefined],
  ];
  for (const [claims, roomId, code] of cases) {
    const answer = await at.person(await bearer(claims)).join(roomId, undefined);
    const expected = code === undefined ? { type: 'ack' } : { type: 'error', op: 'join', ok: false, code };
    t.hasStrict(answer, { ...expected, roomId }, JSON.stringify([claims, roomId]));
  }
});

t.test('[ID8] nobody passes for a member without a token', async (t) => {
  const at = await stage(t);
  await at.server.projects.put('p', project);
  t.hasStrict(await at.person().join('project:p', 'ada'), { code: 'FORBIDDEN' });
  t.hasStrict(await at.person().join('project:q', 'ada'), { code: 'PROJECT_NOT_FOUND' });
});

t.test('[ID9] who is in a project that is made inactive leaves its rooms at once', async (t) => {
  const at = await stage(t, strict);
  await at.server.projects.put('p', project);
  await at.server.projects.put('q', project);
  const root = await at.member('root', 'project:p', await bearer({ sub: 'root', role: 'admin' }));
  const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
  const ben = await at.member('ben', 'scene:p:s', await bearer({ sub: 'ben', projects: ['p'] }));
  await ada.join('project:q', 'ada');
  for (const one of [root, ada, ben]) await one.news();
  await at.server.projects.put('p', { ...project, active: false });
  const code = 'PROJECT_INACTIVE';
  t.hasStrict(ofType(await ada.news(), 'error'), [{ op: 'join', roomId: 'project:p', ok: false, code }]);
  t.hasStrict(ofType(await ben.news(), 'error'), [{ op: 'join', roomId: 'scene:p:s', ok: false, code }]);
  t.same(present(await root.news()), ['root'], 'an admin stays');
  for (const [one, roomId] of [
    [ada, 'project:p'],
    [ben, 'scene:p:s'],
  ] as const) {
    t.hasStrict(await one.ask({ type: 'message', text: 'x', roomId }), { code: 'NOT_JOINED' });
    t.hasStrict(await one.join(roomId, undefined), { code });
  }
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId: 'project:q' }), { type: 'ack' });
  await at.server.projects.put('p', project);
  t.hasStrict(await ada.join('project:p', 'ada'), { type: 'ack' });
});

t.test(
  '[ID9] who is no member any more leaves, and so does everybody of a project that is gone',
  async (t) => {
    const at = await stage(t, strict);
    await at.server.projects.put('p', project);
    const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
    const ben = await at.member('ben', 'project:p', await bearer({ sub: 'ben' }));
    await ada.news();
    await at.server.projects.put('p', { ...project, members: [] });
    t.hasStrict(ofType(await ben.news(), 'error'), [{ roomId: 'project:p', code: 'FORBIDDEN' }]);
    t.same(present(await ada.news()), ['ada']);
    await at.server.projects.delete('p');
    t.hasStrict(ofType(await ada.news(), 'error'), [{ roomId: 'project:p', code: 'PROJECT_NOT_FOUND' }]);
  },
);

t.test('[ID9] a join under way and a connection that broke off leave, too', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, strict, { log });
  await at.server.projects.put('p', project);
  const root = await at.member('root', 'project:p', await bearer({ sub: 'root', role: 'admin' }));
  const ben = await at.member('ben', 'project:p', await bearer({ sub: 'ben' }));
  await root.news();
  ben.wire.close(false);
  const ada = at.person(await bearer({ sub: 'ada' }));
  await at.until(() => ada.heard()[0], 'welcome');
  t.same(present(await root.news()), undefined, 'nobody sees that it broke off');
  log.hold();
  ada.send({ type: 'join', roomId: 'project:p' });
  await at.settle();
  const put = at.server.projects.put('p', { ...project, active: false });
  await at.settle();
  log.release();
  await put;
  t.hasStrict(ofType(await ada.news(), 'error'), [{ roomId: 'project:p', code: 'PROJECT_INACTIVE' }]);
  t.same(present(await root.news()), ['root']);
});

t.test('the program is asked where nobody else knows', async (t) => {
  const asked: string[] = [];
  const at = await stage(t, strict, {
    authorize(principal, action, roomId) {
      asked.push(`${principal.userId} ${action} ${roomId}`);
      if (roomId === 'failing') throw new Error('away');
      if (roomId === 'silent') return undefined;
      return Promise.resolve(roomId === 'project:own' || (roomId === 'read' && action === 'join'));
    },
  });
  await at.server.projects.put('p', project);
  const ada = at.person(await bearer({ sub: 'ada' }));
  t.hasStrict(await ada.join('project:own', undefined), { type: 'ack' });
  t.hasStrict(await ada.join('project:p', undefined), { type: 'ack' });
  t.hasStrict(await ada.join('silent', undefined), { type: 'ack' });
  t.hasStrict(await ada.join('shut', undefined), { code: 'FORBIDDEN' });
  t.hasStrict(await ada.join('failing', undefined), { code: 'INTERNAL' });
  t.hasStrict(await ada.join('read', undefined), { type: 'ack' });
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', roomId: 'read' }), { code: 'FORBIDDEN' });
  t.ok(asked.includes('ada join project:own'));
  t.notOk(asked.some((one) => one.endsWith('project:p')));
});

t.test('an authorizer that fails when it is asked anew lets nobody stay', async (t) => {
  let fails = false;
  const at = await stage(t, strict, {
    authorize() {
      if (fails) throw new Error('away');
      return true;
    },
  });
  await at.server.projects.put('p', project);
  const ada = await at.member('ada', 'scene:p:s', await bearer({ sub: 'ada' }));
  fails = true;
  await at.server.projects.delete('p');
  t.hasStrict(ofType(await ada.news(), 'error'), [{ roomId: 'scene:p:s', code: 'FORBIDDEN' }]);
});

t.test('projects outlive a restart', async (t) => {
  const env = { ...strict, STORE: 'lmdb', DATA_DIR: t.testdir() };
  const first = await startWired(env);
  await first.server.projects.put('p', project);
  await first.server.projects.put('gone', project);
  await first.server.projects.delete('gone');
  await first.server.close();
  const at = await stage(t, env);
  t.same(at.server.projects.list(), [{ id: 'p', ...project }]);
  const ben = at.person(await bearer({ sub: 'ben' }));
  ben.send({ type: 'join', roomId: 'project:p', ref: 1 });
  const answer = at.until(() => ben.heard().find((one) => one.ref === 1), 'the ack');
  t.hasStrict(await inTime(at, answer), { type: 'ack' });
  await inTime(at, at.server.close());
});
