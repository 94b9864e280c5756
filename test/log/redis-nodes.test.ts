import t from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';

t.setTimeout(60_000);

t.test(
  'what a dead node left undone one other does, or whoever comes after it',
  { skip: noRedis },
  async (t) => {
    const redis = await startRedis(t);
    const beats = { intervalMs: 50, goneAfterMs: 300 };
    const asked: string[] = [];
    const logs = new Map<string, { close(): Promise<void> }>();
    // The first of those that are asked dies before it is done.
    let done = async (node: string, dead: string): Promise<boolean> => {
      done = async () => true;
      asked.push(`${node}: ${dead}`);
      return new Promise(() => {});
    };
    for (const nodeId of ['a', 'b', 'c', 'd']) {
      const log = await openRedisLog({ url: redis.url });
      t.teardown(() => log.close());
      logs.set(nodeId, log);
      const onLeft = async (dead: string) => {
        if (asked.length > 0) asked.push(`${nodeId}: ${dead}`);
        return done(nodeId, dead);
      };
      await log.join({ nodeId, beats, onGone() {}, onMail() {}, onLeft });
    }
    const left = 'tandem:{nodes}:left';
    await logs.get('a')?.close();
    await until(() => asked.length === 1);
    const [first = ''] = (asked[0] ?? '').split(':');
    t.equal(asked[0], `${first}: a`);
    t.equal(await redis.command('HGET', left, 'a'), first);
    await logs.get(first)?.close();
    await until(async () => asked.length === 3 && (await redis.command('EXISTS', left)) === 0);
    const [, second] = asked.map((one) => one.split(':')[0] as string);
    t.same(asked.slice(1).sort(), [`${second}: a`, `${second}: ${first}`].sort());
  },
);
