import t from 'tap';
import { createLossyLog } from '../native/lossy-log.ts';
import { until } from '../support/redis.ts';
import { silent, startServer } from '../support/servers.ts';

t.test(
  'a log of the server’s own that cannot be opened anew is tried on, and told of once each time',
  async (t) => {
    const lossy = createLossyLog();
    let opened = 0;
    const log: typeof lossy = {
      ...lossy,
      open(name, ...rest) {
        if (name === '\u0001projects') opened += 1;
        return lossy.open(name, ...rest);
      },
    };
    const told: unknown[] = [];
    const logger = { ...silent, error: (fields: unknown) => void told.push(fields) };
    const server = await startServer({}, { log, logger });
    t.teardown(() => server.close());
    for (const times of [1, 2]) {
      lossy.shut = true;
      const before = opened;
      await lossy.lose('\u0001projects');
      await until(() => opened >= before + 2, 'another attempt');
      t.equal(told.length, times);
      t.match(told.at(-1), { log: '\u0001projects', err: { code: 'LOG_UNAVAILABLE' } });
      lossy.shut = false;
      await until(async () => {
        await server.projects.put('p', { ownerId: 'ada', members: [], active: true });
        return true;
      }, 'a log that takes it');
    }
    t.equal(told.length, 2);
  },
);
