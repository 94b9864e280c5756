import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import { source } from '../support/program.ts';
import { noRedis, startRedis } from '../support/redis.ts';
import { snippetsIn } from '../support/snippets.ts';
import { logOn, open } from './redis-opening.ts';

const [EMPTY, STATED] = ['empty', 'with a snapshot'];
const IDS = [EMPTY, STATED, 'room', ' "odd" } \'one\' '];

/** What deploy/README.md has whoever restores a backup run. */
const renewal = snippetsIn(readFileSync(source('deploy/README.md'), 'utf8'), ['sh']).find(({ code }) =>
  code.includes('--scan'),
)?.code;
const withoutTools =
  noRedis ||
  (['redis-cli', 'openssl'].some((one) => spawnSync(one, ['--version']).error !== undefined) &&
    'needs redis-cli and openssl');

/** The epoch of each room, and how many entries it has had. */
async function roomsOf(t: Test, url: string): Promise<{ epoch: string; entries: number }[]> {
  const log = await logOn(t, { url });
  const opened = await Promise.all(IDS.map((id) => open(log, id)));
  await log.close();
  return opened.map(({ room: { epoch, snapshot, tail } }) => ({
    epoch,
    entries: (snapshot?.offset ?? 0) + tail.length,
  }));
}

t.test(
  'rooms of a backup of Redis go on under the epochs that they are given',
  { skip: withoutTools },
  async (t) => {
    const redis = await startRedis(t, { appendonly: 'no' });
    const log = await openRedisLog({ url: redis.url });
    for (const id of IDS) {
      const { room } = await open(log, id);
      if (id !== EMPTY) await room.append(['1', '2']);
      if (id === STATED) await room.compact({ offset: 2, state: 'both' }, 2);
    }
    await log.close();
    const before = await roomsOf(t, redis.url);
    await redis.command('SAVE');
    const gone = await openRedisLog({ url: redis.url });
    for (const id of IDS) await (await open(gone, id)).room.append(['gone']);
    await gone.close();
    await redis.crash();
    await redis.start();
    t.same(await roomsOf(t, redis.url), before, 'by themselves they have those that they had');

    execFileSync('sh', ['-c', renewal ?? ''], { env: { ...process.env, REDIS_URL: redis.url } });
    const after = await roomsOf(t, redis.url);
    const counts = (all: typeof before) => all.map(({ entries }) => entries);
    t.same(counts(after), counts(before));
    t.equal(new Set([...before, ...after].map(({ epoch }) => epoch)).size, 2 * IDS.length);
    const again = await logOn(t, redis);
    for (const [index, id] of IDS.entries()) {
      const { room, entries, faults } = await open(again, id);
      await room.append(['new']);
      t.same([room.epoch, entries, faults], [after[index]?.epoch, ['new'], []]);
    }
  },
);
