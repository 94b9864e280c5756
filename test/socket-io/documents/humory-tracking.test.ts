import t from 'tap';
import { createBackend } from '../../../clients/backend/index.ts';
import { durable, onEach, tokenOf } from '../stage.ts';

const projectId = 'your-project-id';
const keystroke = (n: number) => ({
  eventType: 'keydown',
  timestamp: new Date(n).toISOString(),
  keyChar: `${n}`,
});

onEach(
  t,
  '[HT12] a session is stored whole, the first ten events of each batch are seen live, and it is submitted',
  async (t, start) => {
    const at = await start({ AUTH: 'required', ...(await durable(t)) });
    const backend = createBackend({
      url: `http://127.0.0.1:${at.server.port}`,
      token: await tokenOf('tracker', { scope: 'publish' }),
    });
    await backend.projects.put(projectId, { ownerId: 'owner', members: [], active: true });
    await backend.projects.put('asleep', { ownerId: 'owner', members: [], active: false });

    const owner = await at.client({ as: 'owner' });
    t.match(await owner.ask('join-project', { projectId }), { ok: true, projectId });
    const stranger = await at.client({ as: 'stranger' });
    for (const [who, project, code] of [
      [stranger, projectId, 'UNAUTHORIZED'],
      [owner, 'unknown', 'PROJECT_NOT_FOUND'],
      [owner, 'asleep', 'PROJECT_INACTIVE'],
    ] as const) {
      who.emit('join-project', { projectId: project });
      t.match(await who.next('error'), { code, message: String }, code);
    }
    t.same(await backend.getConnectedUsersInProject(projectId), ['owner']);

    const sessionId = 'session-123';
    const externalUserId = 'user-456';
    const started = await backend.sessions.start(projectId, { sessionId, externalUserId });
    t.match(started, { projectId, sessionId, externalUserId, submitted: false, total: 0 });
    t.same(await owner.next('session-started'), {
      sessionId,
      externalUserId,
      timestamp: started.startedAt,
    });
    const events = Array.from({ length: 25 }, (_, n) => keystroke(n));
    for (const [from, to] of [
      [0, 7],
      [7, 20],
      [20, 25],
    ] as const) {
      const ingested = await backend.sessions.ingest(
        projectId,
        sessionId,
        events.slice(from, to),
        `batch-${to}`,
      );
      t.same(ingested, { sessionId, accepted: to - from, total: to });
    }
    // As after an answer that was lost.
    const repeated = await backend.sessions.ingest(projectId, sessionId, events.slice(0, 7), 'batch-7');
    t.same(repeated, { sessionId, accepted: 7, total: 7 });
    for (const n of [...events.keys()].filter((n) => n < 17 || n >= 20)) {
      t.same(await owner.next('event-received'), { sessionId, externalUserId, event: keystroke(n) });
    }
    const submitted = await backend.sessions.submit(projectId, sessionId);
    t.match(submitted, { submitted: true, submittedAt: String, total: 25 });
    t.same(await backend.sessions.submit(projectId, sessionId), submitted, 'again is no mistake');
    t.same(await owner.next('session-ended'), {
      sessionId,
      externalUserId,
      submitted: true,
      timestamp: submitted.submittedAt,
    });
    await backend.broadcastToProject(projectId, 'done', {});
    await owner.next('done');
    const more = owner.heard().filter((event) => event === 'event-received' || event.startsWith('session-'));
    t.same(more, [], 'exactly ten of a batch, and each of the others once');
    t.same((await backend.sessions.events(projectId, sessionId)).events, events);

    await at.restart();
    const again = createBackend({
      url: `http://127.0.0.1:${at.server.port}`,
      token: await tokenOf('tracker', { scope: 'publish' }),
    });
    const page = await again.sessions.events(projectId, sessionId, { after: 20, limit: 3 });
    t.match(page, { ...submitted, events: events.slice(20, 23), next: 23 });
    await t.rejects(again.sessions.ingest(projectId, sessionId, [keystroke(26)]), {
      code: 'SESSION_SUBMITTED',
      status: 409,
    });
    await again.projects.put(projectId, { ownerId: 'owner', members: [], active: false });
  },
  ['websocket only', 'polling only'],
);

onEach(
  t,
  '[ID9] whoever watches a project that is made inactive over HTTP is told so at once',
  async (t, start) => {
    const at = await start({ AUTH: 'required' });
    const backend = createBackend({
      url: `http://127.0.0.1:${at.server.port}`,
      token: await tokenOf('tracker', { scope: 'admin' }),
    });
    await backend.projects.put(projectId, { ownerId: 'owner', members: ['ben'] });
    const watching = [await at.client({ as: 'owner' }), await at.client({ as: 'ben' })];
    for (const one of watching) await one.ask('join-project', { projectId });
    t.same((await backend.getConnectedUsersInProject(projectId)).sort(), ['ben', 'owner']);
    await backend.projects.put(projectId, { ownerId: 'owner', members: ['ben'], active: false });
    for (const one of watching) t.match(await one.next('error'), { code: 'PROJECT_INACTIVE' });
    t.same(await backend.getConnectedUsersInProject(projectId), []);
  },
  ['websocket only', 'polling only'],
);
