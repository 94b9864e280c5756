import t from 'tap';
import { systemClock } from '../server/clock.ts';
import { openLmdbLog } from '../server/log/lmdb.ts';
import { startServer } from './support/servers.ts';

for (const name of ['projects', 'stays']) {
  t.test(`a server that cannot read its ${name} says so and leaves the data directory free`, async (t) => {
    const directory = t.testdir();
    const log = await openLmdbLog({ directory, clock: systemClock });
    const room = await log.open(`\u0001${name}`, () => {});
    await room.append(['"no entry of it"', 'no JSON']);
    await log.close();
    const env = { STORE: 'lmdb', DATA_DIR: directory };
    await t.rejects(startServer(env), { code: 'LOG_CORRUPT' });
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
