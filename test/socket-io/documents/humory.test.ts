import t from 'tap';
import { connect } from '../../support/client.ts';
import { onEach, tokenOf } from '../stage.ts';

const projectId = 'your-project-id';

onEach(t, 'who watches a project gets its events, and who watches another does not', async (t, start) => {
  const at = await start({ AUTH: 'required' });
  const token = await tokenOf('ada', { projects: [projectId] });
  const ada = await at.client({ auth: { token } });
  await ada.next('connect');
  ada.emit('join-project', { projectId, token });
  // As fallback the token may stand in the query.
  const other = await at.client({ query: { token: await tokenOf('ben', { projects: ['p2'] }) } });
  t.match(await other.ask('join-project', { projectId: 'p2' }), { ok: true, projectId: 'p2' });
  t.match(await ada.ask('join-project', { projectId }), { ok: true }, 'again is no mistake');

  const backend = await connect(at.server.port, {
    headers: { authorization: `Bearer ${await tokenOf('backend', { role: 'admin' })}` },
  });
  t.teardown(() => backend.close());
  const roomId = `project:${projectId}`;
  await backend.ask({ type: 'join', roomId });
  const session = { sessionId: 'session-123', externalUserId: 'user-456' };
  const timestamp = new Date(0).toISOString();
  const events: [string, object][] = [
    ['session-started', { ...session, timestamp }],
    ['event-received', { ...session, event: { eventType: 'keydown', timestamp, keyChar: 'a' } }],
    ['session-ended', { ...session, submitted: true, timestamp }],
  ];
  for (const [event, data] of events) await backend.ask({ type: 'relay', roomId, event, data });
  for (const [event, data] of events) t.same(await ada.next(event), data, event);

  ada.emit('leave-project', { projectId });
  t.match(await ada.ask('leave-project', { projectId }), { ok: false, code: 'LEAVE_FAILED' });
  await backend.ask({ type: 'relay', roomId, event: 'event-received', data: {} });
  await ada.ask('join-project', { projectId });
  await other.ask('join-project', { projectId: 'p2' });
  const words = events.map(([event]) => event);
  t.same(
    [...ada.heard(), ...other.heard()].filter((event) => words.includes(event)),
    [],
  );
});

onEach(
  t,
  '[SO10] of a project that is not joined an error says why, with message and code',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const token = await tokenOf('ada', { projects: [projectId] });
    const ada = await at.client({ auth: { token } });
    const expired = await tokenOf('ada', { exp: 1000 });
    const cases: [string, object, string][] = [
      ['join-project', {}, 'MISSING_PROJECT_ID'],
      ['join-project', { projectId: '' }, 'MISSING_PROJECT_ID'],
      ['join-project', { projectId: null }, 'MISSING_PROJECT_ID'],
      ['join-project', { projectId: 'another' }, 'UNAUTHORIZED'],
      ['join-project', { projectId, token: expired }, 'UNAUTHORIZED'],
      ['join-project', { projectId, token: await tokenOf('ben') }, 'UNAUTHORIZED'],
      ['join-project', { projectId, token: 7 }, 'JOIN_FAILED'],
      ['leave-project', {}, 'MISSING_PROJECT_ID'],
      ['leave-project', { projectId }, 'LEAVE_FAILED'],
    ];
    for (const [event, data, code] of cases) {
      ada.emit(event, data);
      const error = await ada.next('error');
      t.same(Object.keys(error).sort(), ['code', 'message'], event);
      t.equal(error.code, code, JSON.stringify(data));
    }
    t.match(await ada.ask('join-project', { projectId }), { ok: true });
  },
);

onEach(t, 'a project’s rooms do not show who else watches', async (t, start) => {
  const at = await start();
  await at.server.projects.put(projectId, { ownerId: 'ada', members: ['ben'], active: true });
  const [ada, ben] = [await at.client({ as: 'ada' }), await at.client({ as: 'ben' })];
  for (const one of [ada, ben]) await one.ask('join-project', { projectId });
  ben.socket.disconnect();
  await ada.ask('join-project', { projectId });
  t.same(ada.heard(), ['connect', 'pong']);
});
