import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { openRedisLog } from '../../server/log/redis.ts';
import { noRedis, startRedis } from '../support/redis.ts';

t.setTimeout(60_000);

t.test('a Redis that comes later than who needs it is waited for', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t);
  await redis.crash();
  const refusing = createServer((socket) => socket.destroy()).listen(redis.port, '127.0.0.1');
  await once(refusing, 'listening');
  const attempted = once(refusing, 'connection');
  const opening = openRedisLog({ url: redis.url, timeoutMs: 20_000 });
  await attempted;
  refusing.close();
  await redis.start();
  const log = await opening;
  t.teardown(() => log.close());
  const room = await log.open('room', () => {});
  await room.append(['x']);
  t.same(await room.read(1, 10), ['x']);
});

t.test('a Redis that does not come is said to be away, and why', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t);
  await redis.crash();
  await t.rejects(openRedisLog({ url: redis.url, timeoutMs: 300 }), {
    code: 'LOG_UNAVAILABLE',
    message: /ECONNREFUSED/,
  });
});
