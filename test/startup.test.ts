import t from 'tap';
import { type Clock, systemClock } from '../server/clock.ts';
import { type Happening, LogError } from '../server/index.ts';
import { openDurableMap } from '../server/log/durable-map.ts';
import { openLmdbLog } from '../server/log/lmdb.ts';
import type { Log, RoomLog } from '../server/log/log.ts';
import { createMemoryLog } from '../server/log/memory.ts';
import { WEBHOOKS } from '../server/outbound/webhooks.ts';
import { bearer } from './native/person.ts';
import { join } from './room/entries.ts';
import { APPLICATION_SECRET, startApplication } from './support/application.ts';
import { connect } from './support/client.ts';
import { startServer } from './support/servers.ts';

for (const name of ['projects', 'stays']) {
  t.test(`a server that cannot read its ${name} says so and leaves the data directory free`, async (t) => {
    const directory = t.testdir();
    const log = await openLmdbLog({ directory, clock: systemClock });
    const room = await log.open(`\u0001${name}`, () => {});
    await room.append(['"no entry of it"', 'no JSON']);
    await log.close();
    const env = { STORE: 'lmdb', DATA_DIR: directory };
    const fault = await startServer(env).catch((error: unknown) => error);
    t.type(fault, LogError);
    t.match(fault, { code: 'LOG_CORRUPT' });
    await t.rejects(startServer(env), { code: 'LOG_CORRUPT' }, 'and not that it is held already');
    const again = await openLmdbLog({ directory, clock: systemClock });
    await again.close();
  });
}

t.test('so does one whose transport cannot be had', async (t) => {
  const directory = t.testdir();
  const env = { STORE: 'lmdb', DATA_DIR: directory };
  const transport = () => Promise.reject(new Error('no transport'));
  await t.rejects(startServer(env, { transport }), { message: 'no transport' });
  const server = await startServer(env);
  await server.close();
});

/** The process's own clock, and what runs by it. */
function watchedClock() {
  const running = new Set<object>();
  const watched = (cancel: () => void, one: object) => () => {
    running.delete(one);
    cancel();
  };
  const clock: Clock = {
    ...systemClock,
    after(delayMs, action) {
      const one = {};
      running.add(one);
      const fire = () => {
        running.delete(one);
        action();
      };
      return watched(systemClock.after(delayMs, fire), one);
    },
    every(intervalMs, action) {
      const one = {};
      running.add(one);
      return watched(systemClock.every(intervalMs, action), one);
    },
  };
  return { clock, running };
}

t.test('and nothing that was begun goes on where a server cannot start', async (t) => {
  const application = await startApplication(t);
  application.reply = () => ({ status: 503 });
  const log = createMemoryLog();
  const waiting = await openDurableMap(log, WEBHOOKS);
  await waiting.set('id', { type: 'room.created', roomId: 'r', at: Date.now() });
  await waiting.close();
  const { clock, running } = watchedClock();
  const transport = async () => {
    await application.until(1);
    throw new Error('no transport');
  };
  const env = { WEBHOOK_URL: application.url, WEBHOOK_SECRET: APPLICATION_SECRET };
  await t.rejects(startServer(env, { log, clock, transport }), { message: 'no transport' });
  t.equal(running.size, 0, 'what was not accepted is not told again');
});

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The log of a process that was killed while somebody was in each of its rooms. */
async function crashedLog() {
  const inner = createMemoryLog();
  const noted = await openDurableMap<true>(inner, '\u0001occupied');
  const rooms = Array.from({ length: 50 }, (_, index) => `room${index}`);
  for (const roomId of rooms) {
    const room = await inner.open(roomId, () => {});
    await room.append([JSON.stringify(join('ada-1', { node: 'its earlier life' }))]);
    await room.close();
    await noted.set(roomId, true);
  }
  await noted.close();
  const opened: number[] = [];
  let turn = 0;
  const count = () => {
    turn += 1;
    setImmediate(count).unref();
  };
  const open: Log['open'] = async (roomId, ...rest) => {
    if (opened.length === 0) count();
    if (rooms.includes(roomId)) opened.push(turn);
    const room = await inner.open(roomId, ...rest);
    // As on a disk.
    return { ...room, drop: () => turns(5).then(room.drop) };
  };
  return { log: { ...inner, open }, rooms, opened };
}

t.test('a server that puts its rooms in order after a crash does other things between them', async (t) => {
  const { log, rooms, opened } = await crashedLog();
  const left: Happening[] = [];
  const all = new Promise<void>((resolve) => {
    const onHappening = (one: Happening) => {
      if (one.type === 'member.left' && left.push(one) === rooms.length) resolve();
    };
    startServer({}, { log, onHappening }).then((server) => t.teardown(() => server.close()));
  });
  await all;
  t.equal(new Set(opened).size, rooms.length, 'each in a turn of its own');
});

t.test('and opens none any more when it ends before that is done', async (t) => {
  const { log, rooms, opened } = await crashedLog();
  const { clock, running } = watchedClock();
  const server = await startServer({}, { log, clock, onHappening() {} });
  while (opened.length < 10) await turns(1);
  const closed = server.close();
  const before = opened.length;
  await closed;
  t.ok(before < rooms.length);
  t.equal(opened.length, before);
  t.equal(running.size, 0, 'nor waits for anything');
});

t.test('[ID9] [ID10] what another process says while a server starts holds there, too', async (t) => {
  const inner = createMemoryLog();
  const logs = new Map<string, RoomLog>();
  const say = (name: string, entry: unknown) => logs.get(`\u0001${name}`)?.append([JSON.stringify(entry)]);
  const project = { ownerId: 'ben', members: [], active: true };
  const open: Log['open'] = async (name, ...rest) => {
    const opened = await inner.open(name, ...rest);
    logs.set(name, opened);
    // What is opened behind both of them.
    if (name === '\u0001stays') {
      await say('revocations', ['jti:early', { at: Date.now() }]);
      await say('projects', { type: 'put', id: 'p', project });
    }
    return opened;
  };
  const server = await startServer({ AUTH: 'required' }, { log: { ...inner, open } });
  t.teardown(() => server.close());
  const ada = (jti: string) =>
    bearer({ sub: 'ada', jti }).then((headers) => connect(server.port, { headers }));
  t.match(await (await ada('early')).closed, { code: 4104 });
  t.same(server.projects.get('p'), project);
  const late = await ada('late');
  t.match(await late.ask({ type: 'join', roomId: 'scene:q:s' }), { type: 'ack' });
  await say('projects', { type: 'put', id: 'q', project });
  t.match(await late.nextOf('error'), { code: 'FORBIDDEN', roomId: 'scene:q:s' });
  await say('revocations', ['jti:late', { at: Date.now() }]);
  t.match(await late.closed, { code: 4104 }, 'and later, for who is there');
});
