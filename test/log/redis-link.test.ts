import t from 'tap';
import { connect } from '../../server/log/redis-connections.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { hearersOf, logOn, open } from './redis-opening.ts';

t.setTimeout(120_000);

t.test('the connections to a Redis', { skip: noRedis }, async (t) => {
  t.test('what could not be subscribed to in time is not heard when Redis answers after all', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const clock = createManualClock();
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 5000, clock });
    const hearers = (roomId: string) => hearersOf(redis, roomId);
    proxy.pass('answers', false);
    const refused = ['once', 'again'].map((roomId) =>
      t.rejects(open(log, roomId), { code: 'LOG_UNAVAILABLE' }),
    );
    clock.advance(5000);
    await Promise.all(refused);
    const opening = open(log, 'again');
    proxy.pass('answers', true);
    const again = await opening;
    await until(async () => (await hearers('once')) === 0, 'nobody hears what was given up');
    const { room } = await open(await logOn(t, redis), 'again');
    await room.append(['x']);
    await until(() => again.entries.length === 1, 'who opens it again hears it');
    await room.close();
    t.equal(await hearers('again'), 1);
    await again.room.close();
    await until(async () => (await hearers('again')) === 0, 'until it is left');
  });

  t.test('what was never asked for is not taken back when Redis is there again', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const clock = createManualClock();
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 500, clock });
    proxy.accept(false);
    proxy.cut();
    await until(() => {
      clock.advance(20);
      return !log.writable();
    });
    const refused = Array.from({ length: 50 }, (_, n) =>
      t.rejects(open(log, `room ${n}`), { code: 'LOG_UNAVAILABLE' }),
    );
    clock.advance(1000);
    await Promise.all(refused);
    proxy.accept(true);
    await until(() => {
      clock.advance(20);
      return log.writable();
    });
    const { room } = await open(log);
    await room.close();
    const [, calls] = /cmdstat_sunsubscribe:calls=(\d+)/.exec(
      String(await redis.command('INFO', 'commandstats')),
    ) as unknown[];
    t.equal(Number(calls), 1, 'the room that was open');
  });

  t.test('one that may only be read is left every two seconds', async (t) => {
    const redis = await startRedis(t);
    const clock = createManualClock();
    const log = await logOn(t, redis, { timeoutMs: 200_000, probeIntervalMs: 1000, clock });
    const { room } = await open(log);
    await room.append(['x']);
    /** The connections of the log that are in use. */
    const connections = async () => {
      const lines = String(await redis.command('CLIENT', 'LIST')).split('\n');
      return lines
        .filter((line) => /cmd=(?:eval|evalsha|ping|ssubscribe) /.test(line))
        .map((line) => line.split(' ')[0]);
    };
    let before = await connections();
    await redis.command('REPLICAOF', '127.0.0.1', '1');
    let isStored = false;
    const stored = room.append(['y']).then(() => {
      isStored = true;
    });
    for (let round = 0; round < 4; round++) {
      await until(async () => {
        const now = await connections();
        if (now.length < 2 || now.some((one) => before.includes(one))) return false;
        before = now;
        return true;
      }, 'it has come again');
      clock.advance(2000);
    }
    await redis.command('REPLICAOF', 'NO', 'ONE');
    await until(() => {
      clock.advance(50);
      return isStored;
    });
    await stored;
  });

  t.test('who leaves a channel leaves it to those who are just coming to it', async (t) => {
    const redis = await startRedis(t);
    const idle = { onReady() {}, onSubscribed() {}, onError() {} };
    const connections = await connect({ url: redis.url, silenceMs: 5000, ...idle });
    t.teardown(() => connections?.close());
    const heard: string[] = [];
    const coming = connections?.subscribe('channel', (message) => void heard.push(String(message)));
    await connections?.unsubscribe('channel', () => {});
    await coming;
    await connections?.send('channel', ['SPUBLISH', 'channel', 'x']);
    await until(() => heard.length === 1);
  });
});
