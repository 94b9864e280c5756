import t, { type Test } from 'tap';
import type { LogError, OpeningEvents, RoomLog } from '../../server/log/log.ts';
import { openRedisLog } from '../../server/log/redis.ts';
import { encodeBody } from '../../server/log/redis-batch.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { hearersOf } from './redis-opening.ts';

t.setTimeout(120_000);

async function open(t: Test, url: string, events: OpeningEvents = {}): Promise<RoomLog> {
  const log = await openRedisLog({ url, timeoutMs: 3000, probeIntervalMs: 20 });
  t.teardown(() => log.close());
  return log.open('room', () => {}, events);
}

const LIVE = 'tandem:{room}:live';

t.test('the lives of a log on Redis', { skip: noRedis }, async (t) => {
  t.test('what was published of an earlier one, and comes late, ends none', async (t) => {
    const redis = await startRedis(t);
    let looks = 0;
    const ended: unknown[] = [];
    const room = await open(t, redis.url, {
      onMissed: () => void looks++,
      onEnded: (error) => void ended.push(error),
    });
    const body = encodeBody(['late']).toString('latin1');
    await redis.command('SPUBLISH', LIVE, `b 1 1 late earlier\n${body}`);
    await until(() => looks === 1);
    await room.append(['x']);
    t.same(await room.read(1, 10), ['x']);
    t.same(ended, []);
  });

  t.test('who appends to one that is over learns first that nothing is stored', async (t) => {
    const redis = await startRedis(t);
    const order: unknown[] = [];
    const room = await open(t, redis.url, { onEnded: () => void order.push('ended') });
    await redis.command('FLUSHALL');
    const append = room.append(['x']).catch((error: LogError) => void order.push(error));
    await until(() => order.length === 2);
    await append;
    t.match(order, [{ code: 'LOG_UNAVAILABLE', hasEnded: true }, 'ended']);
  });

  t.test('so does who appends to it while its end waits for a snapshot', async (t) => {
    const redis = await startRedis(t);
    const order: unknown[] = [];
    const room = await open(t, redis.url, { onEnded: () => void order.push('ended') });
    await room.append(['x']);
    await redis.command('FLUSHALL');
    // Whoever writes tries again; whoever reads is answered.
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
    const snapshot = room.compact({ offset: 1, state: 's' }, 1).catch(() => {});
    await redis.command('SPUBLISH', LIVE, 'e');
    await until(async () => (await hearersOf(redis, 'room')) === 0, 'it is found to be over');
    const append = room.append(['y']).catch((error: LogError) => void order.push(error));
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
    await until(() => order.length === 2);
    await Promise.all([snapshot, append]);
    t.match(order, [{ code: 'LOG_UNAVAILABLE', hasEnded: true }, 'ended']);
  });

  t.test('what may have been stored in one that is over is not said to be stored nowhere', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const room = await open(t, `redis://127.0.0.1:${proxy.port}`);
    await room.append(['x']);
    proxy.pass('answers', false);
    const append = room.append(['y']).then(
      () => 'stored',
      ({ code }: LogError) => code,
    );
    await until(async () => (await redis.command('XLEN', 'tandem:{room}:entries')) === 2);
    await redis.command('FLUSHALL');
    proxy.cut();
    proxy.pass('answers', true);
    t.equal(await append, 'LOG_UNCERTAIN');
  });
});
