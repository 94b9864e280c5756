import t from 'tap';
import { type Hooks, Refusal } from '../../server/index.ts';
import { LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { bearer, ofType, stage } from '../native/person.ts';
import { inTime, silent, startWired } from '../support/servers.ts';

t.test('[HT14] the program that embeds the server publishes, notifies and reads by calls', async (t) => {
  const at = await stage(t);
  const { server } = at;
  const ada = await at.member('ada', 'r', await bearer({ sub: 'ada' }));
  const { id } = await server.publish('r', { event: 'saved', data: { n: 1 }, idempotencyKey: 'k' });
  t.same(await server.publish('r', { event: 'saved', data: { n: 1 }, idempotencyKey: 'k' }), {
    roomId: 'r',
    id,
  });
  await server.publish('r', { event: 'others', data: 1, exclude: 'ada' });
  t.match(ofType(await ada.news(), 'event'), [{ id, event: 'saved', data: { n: 1 } }]);
  const { results } = await server.broadcast(['r', 's'], { event: 'all', data: null });
  t.match(results, [
    { roomId: 'r', ok: true },
    { roomId: 's', ok: true },
  ]);
  await server.notify('ada', { title: 'T', message: 'M' });
  const news = await ada.news();
  t.match(ofType(news, 'notification'), [{ data: { title: 'T', priority: 'medium' } }]);
  t.match(await server.presence('r'), [{ userId: 'ada', connections: 1 }]);
  t.match(await server.rooms(), { rooms: [{ roomId: 'r', members: 1 }] });
  t.match(await server.state('r'), { roomId: 'r', version: 0 });
  await server.projects.put('p', { ownerId: 'ada', members: [], active: true });
  const { session, isNew } = await server.sessions.start('p', { externalUserId: 'u' });
  t.match({ session, isNew }, { session: { projectId: 'p', total: 0 }, isNew: true });
  t.match(await server.sessions.ingest('p', session.sessionId, [{ n: 1 }]), { accepted: 1, total: 1 });
  t.match(await server.sessions.submit('p', session.sessionId), { submitted: true });
  t.match(await server.sessions.events('p', session.sessionId), { events: [{ n: 1 }] });
  t.equal(server.disconnect('ada'), 1);
  t.match(ada.wire.closedWith, { code: 4103 });
});

t.test('[HT14] [DU2] what was published is told as it was then, and as the log has it', async (t) => {
  const at = await stage(t);
  const { server } = at;
  const ada = await at.member('ada', 'r', await bearer({ sub: 'ada' }));
  // It begins the tick in which the rest is told.
  await server.publish('r', { event: 'first', data: 0 });
  const list = [1];
  const data = { list, at: new Date(0) };
  await server.publish('r', { event: 'own', data });
  await server.broadcast(['r'], { event: 'own', data });
  const action = { label: 'Open', url: '/' };
  await server.notify('ada', { title: 'T', message: 'M', action });
  list.push(2);
  action.label = 'Close';
  const then = { list: [1], at: '1970-01-01T00:00:00.000Z' };
  const news = await ada.news();
  const told = ofType(news, 'event').map((one) => one.data);
  t.same(told, [0, then, then]);
  t.match(ofType(news, 'notification'), [{ data: { action: { label: 'Open' } } }]);
});

async function hooked(t: Parameters<typeof stage>[0], hooks: Hooks) {
  return stage(t, {}, { hooks });
}

t.test('[HT14] a hook on join refuses, or says how somebody is shown', async (t) => {
  const asked: string[] = [];
  const at = await hooked(t, {
    join({ roomId, userId, user, principal }) {
      asked.push(`${principal.kind} ${userId} ${roomId}`);
      if (roomId === 'shut') return false;
      if (roomId === 'own') throw new Refusal('ROOM_FULL', { limit: 3 });
      if (roomId === 'broken') throw new Error('a fault');
      if (roomId === 'later') return Promise.resolve({ ...user, color: 'blue' });
      if (roomId === 'other') return { userId: 'somebody else', name: 'X' };
      return undefined;
    },
  });
  const ada = at.person(await bearer({ sub: 'ada' }));
  t.match(await ada.join('shut', undefined), { code: 'FORBIDDEN' });
  t.match(await ada.join('own', undefined), { code: 'ROOM_FULL', limit: 3 });
  t.match(await ada.join('broken', undefined), { code: 'INTERNAL' });
  t.match(await ada.join('later', undefined), { type: 'ack' });
  t.match(ofType(await ada.news(), 'presence'), [{ users: [{ userId: 'ada', color: 'blue' }] }]);
  t.match(await ada.join('other', undefined), { type: 'ack' });
  t.match(ofType(await ada.news(), 'presence'), [{ users: [{ userId: 'ada', name: 'X' }] }]);
  t.match(await ada.join('open', undefined), { type: 'ack' });
  t.equal(asked[0], 'user ada shut');
  t.match(await ada.ask({ type: 'message', text: 'x', roomId: 'shut' }), { code: 'NOT_JOINED' });
});

t.test('[HT14] a hook on operations refuses, or rewrites what is written', async (t) => {
  const at = await hooked(t, {
    operation({ command }) {
      if (command.type === 'message') {
        if (command.text === 'forbidden') return false;
        if (command.text === 'wrong') return { type: 'message', text: '' };
        return Promise.resolve({ ...command, text: command.text.toUpperCase() });
      }
      if (command.type !== 'sceneOperation') return true;
      return { ...command, operation: { type: 'add', target: 'item', id: 'fixed', data: { n: 1 } } };
    },
  });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  t.match(await ada.ask({ type: 'message', text: 'forbidden' }), { code: 'FORBIDDEN', op: 'message' });
  t.match(await ada.ask({ type: 'message', text: 'wrong' }), { code: 'INVALID_FIELD', path: 'text' });
  ada.send({ type: 'message', text: 'one' });
  ada.send({ type: 'message', text: 'two' });
  const operation = { type: 'add', target: 'item', id: 'i', data: {} };
  t.match(await ada.ask({ type: 'sceneOperation', operation }), { type: 'ack', version: 1 });
  t.match(await ada.ask({ type: 'relay', event: 'e', data: 1 }), { type: 'ack' });
  const news = await ben.news();
  t.match(ofType(news, 'message'), [{ text: 'ONE' }, { text: 'TWO' }], 'in their order');
  t.match(ofType(news, 'sceneDelta'), [{ operations: [{ id: 'fixed' }] }]);
  t.match(ofType(news, 'event'), [{ event: 'e', data: 1 }]);
});

t.test('[HT14] a hook on leave is told of everybody who goes, once', async (t) => {
  const gone: string[] = [];
  const at = await hooked(t, {
    leave: ({ roomId, userId, reason }) => void gone.push(`${userId} ${roomId} ${reason}`),
  });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask({ type: 'leave' });
  ben.wire.close();
  await at.settle();
  t.same(gone, ['ada room left', 'ben room disconnected']);
  const [eve, guest] = [await at.member('eve'), await at.member('zoe')];
  eve.send({ type: 'leave' });
  eve.wire.close();
  await at.settle();
  t.same(gone.slice(2), ['eve room left'], 'also who closes its connection right behind it');
  await at.member('zoe', 'room', await bearer({ sub: 'zoe' }));
  t.match(ofType(await guest.news(), 'error'), [{ code: 'IDENTITY_MISMATCH', roomId: 'room' }]);
  guest.wire.close();
  await at.settle();
  t.same(gone.slice(3), ['zoe room kicked'], 'and a guest that gives way to who has a token');
});

for (const [kind, leave] of Object.entries({
  throws: () => {
    throw new Refusal('FORBIDDEN');
  },
  rejects: () => Promise.reject(new Error('a fault')),
})) {
  t.test(`[HT14] a hook on leave that ${kind} keeps nobody from going, and is logged`, async (t) => {
    const logged: string[] = [];
    const logger = { ...silent, error: (...line: unknown[]) => void logged.push(String(line[1])) };
    const at = await stage(t, {}, { logger, hooks: { leave } });
    const [ada, ben, eve] = [await at.member('ada'), await at.member('ben'), await at.member('eve')];
    const zoe = await at.member('zoe', 'room', await bearer({ sub: 'zoe', jti: 'z' }));
    t.match(await ada.ask({ type: 'leave' }), { type: 'ack' });
    ben.wire.close();
    t.equal(at.server.disconnect('eve'), 1);
    t.match(eve.wire.closedWith, { code: 4103 });
    await zoe.news();
    t.match(await at.server.presence('room'), [{ userId: 'zoe' }], 'the others are gone');
    t.same(await inTime(at, at.server.revoke({ jti: 'z' })), { disconnected: 1 });
    t.match(zoe.wire.closedWith, { code: 4104 });
    t.same(logged, Array(4).fill('a leave hook failed'));
  });
}

t.test('[HT12] sessions with the longest of ids outlive a restart', async (t) => {
  const env = { STORE: 'lmdb', DATA_DIR: t.testdir() };
  const first = await startWired(env);
  const long = 'p'.repeat(200);
  const sessionId = '\u{1f600}'.repeat(100);
  await inTime(first, first.server.sessions.start(long, { sessionId, externalUserId: 'u' }));
  await inTime(first, first.server.sessions.ingest(long, sessionId, [{ n: 1 }, { n: 2 }]));
  await inTime(first, first.server.close());
  const second = await startWired(env);
  const { sessions } = second.server;
  const events = await inTime(second, sessions.events(long, sessionId));
  t.match(events, { total: 2, events: [{ n: 1 }, { n: 2 }] });
  t.match(await inTime(second, sessions.submit(long, sessionId)), { submitted: true });
  await inTime(second, second.server.close());
});

t.test(
  '[HT12] events that cannot be shown when they are stored are shown later, in their order, once',
  async (t) => {
    let isFull = false;
    const log = createMemoryLog();
    const at = await stage(
      t,
      {},
      {
        log: {
          ...log,
          async open(roomId, listener) {
            const opened = await log.open(roomId, listener);
            if (roomId !== 'project:p') return opened;
            return {
              ...opened,
              append: async (entries) => {
                if (isFull) throw new LogError('LOG_UNAVAILABLE', 'full');
                return opened.append(entries);
              },
            };
          },
        },
      },
    );
    const { sessions, projects } = at.server;
    await projects.put('p', { ownerId: 'ada', members: [], active: true });
    const ada = await at.member('ada', 'project:p', await bearer({ sub: 'ada' }));
    await sessions.start('p', { sessionId: 's', externalUserId: 'u' });
    isFull = true;
    const stored = [
      sessions.ingest('p', 's', [{ n: 0 }, { n: 1 }]),
      sessions.ingest('p', 's', [{ n: 2 }], 'k'),
    ];
    // A log that fails is tried again now and then.
    await at.pass(5000, 100);
    t.match(await Promise.all(stored), [{ total: 2 }, { total: 3 }], 'they are stored');
    isFull = false;
    t.match(await sessions.ingest('p', 's', [{ n: 2 }], 'k'), { accepted: 1, total: 3 });
    t.match(await sessions.submit('p', 's'), { submitted: true, total: 3 });
    t.match(await sessions.submit('p', 's'), { submitted: true });
    const heard = ofType(await ada.news(), 'event').map((one) => one.data.event?.n ?? one.event);
    t.same(heard, ['session-started', 0, 1, 2, 'session-ended']);
  },
);

t.test('[HT12] a session that could not be started can be started when the log works again', async (t) => {
  let isFull = true;
  const log = createMemoryLog();
  const refuse = () => Promise.reject(new LogError('LOG_UNAVAILABLE', 'full'));
  const { server } = await stage(
    t,
    {},
    {
      log: {
        ...log,
        async open(roomId, listener) {
          const opened = await log.open(roomId, listener);
          if (!roomId.includes('session')) return opened;
          return {
            ...opened,
            append: (entries) => (isFull ? refuse() : opened.append(entries)),
            drop: () => (isFull ? refuse() : opened.drop()),
          };
        },
      },
    },
  );
  const given = { sessionId: 's', externalUserId: 'u' };
  await t.rejects(server.sessions.start('p', given), { code: 'LOG_UNAVAILABLE' });
  isFull = false;
  t.match(await server.sessions.start('p', given), { isNew: true });
});
