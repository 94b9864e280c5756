import t from 'tap';
import { type Clock, systemClock } from '../server/clock.ts';
import { LogError } from '../server/index.ts';
import { openDurableMap } from '../server/log/durable-map.ts';
import { openLmdbLog } from '../server/log/lmdb.ts';
import { createMemoryLog } from '../server/log/memory.ts';
import { WEBHOOKS } from '../server/outbound/webhooks.ts';
import { APPLICATION_SECRET, startApplication } from './support/application.ts';
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
