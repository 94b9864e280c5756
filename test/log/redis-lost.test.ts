import t from 'tap';
import type { LogError } from '../../server/log/log.ts';
import { encodeBody } from '../../server/log/redis-batch.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { logOn, open } from './redis-opening.ts';

t.setTimeout(120_000);

/** A command by which another process has appended to a room, and told nobody. */
function appendTo(log: string, entries: string, previous: string): string[] {
  const body = [...encodeBody(["2'"])].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('');
  const text = `
    redis.call('XADD', KEYS[2], '2-1', 'i', 'other', 'p', ARGV[1], 'b', '${body}')
    redis.call('HSET', KEYS[1], 'next', 3, 'last', 'other')`;
  return ['EVAL', text, '2', log, entries, previous];
}

t.test('a log on Redis that has lost some of it', { skip: noRedis }, async (t) => {
  t.test('what Redis has lost is noticed by whoever has read it', async (t) => {
    const redis = await startRedis(t, { appendonly: 'no' });
    const ended: string[] = [];
    const events = (name: string) => ({ onEnded: () => void ended.push(name) });
    const logs = [await logOn(t, redis), await logOn(t, redis)] as const;
    const a = await open(logs[0], 'room', events('a'));
    await a.room.append(['1']);
    const b = await open(logs[1], 'room', events('b'));
    await redis.command('SAVE');
    await a.room.append(['2', '3']);
    await until(() => b.entries.length === 2);
    await redis.crash();
    await redis.start();
    await until(() => ended.length === 2);
    t.same([...ended].sort(), ['a', 'b']);
    const again = await open(logs[0]);
    t.same(again.room.tail, ['1']);
  });

  t.test('what Redis has lost is noticed also where others have written over it since', async (t) => {
    const redis = await startRedis(t, { appendonly: 'no' });
    const proxy = await startProxy(t, redis.port);
    const ended: LogError[] = [];
    const behind = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` });
    const a = await open(behind, 'room', { onEnded: (error) => void ended.push(error) });
    await a.room.append(['1']);
    await redis.command('SAVE');
    await a.room.append(['2']);
    await a.room.append(['3']);
    proxy.accept(false);
    proxy.cut();
    await redis.crash();
    await redis.start();
    const b = await open(await logOn(t, redis));
    await b.room.append(["2'", "3'", "4'"]);
    proxy.accept(true);
    await until(() => ended.length === 1);
    t.match(ended, [{ code: 'LOG_UNAVAILABLE', hasEnded: true }]);
    const again = await open(behind);
    t.not(again.room.epoch, a.room.epoch, 'nobody goes on from what is lost');
    t.same(again.room.tail, ['1', "2'", "3'", "4'"]);
  });

  t.test(
    'who has read what Redis has lost neither adds to, states nor drops what is there instead',
    async (t) => {
      for (const act of ['append', 'compact', 'drop'] as const) {
        const redis = await startRedis(t);
        const a = await open(await logOn(t, redis));
        await a.room.append(['1']);
        const [log, entries] = ['tandem:{room}:log', 'tandem:{room}:entries'];
        for (const key of [log, entries]) await redis.command('COPY', key, `tandem:{room}:${key} before`);
        await a.room.append(['2']);
        // As by a failover to a replica that did not have it, of which nobody hears.
        for (const key of [log, entries])
          await redis.command('COPY', `tandem:{room}:${key} before`, key, 'REPLACE');
        await redis.command(...appendTo(log, entries, String(await redis.command('HGET', log, 'last'))));
        const acts = {
          append: () => a.room.append(['3']),
          compact: () => a.room.compact({ offset: 2, state: 'of what is lost' }, 2),
          drop: () => a.room.drop(),
        };
        const work = acts[act]();
        if (act !== 'drop') await t.rejects(work, { code: 'LOG_UNAVAILABLE', hasEnded: true });
        else await work;
        const again = await (await logOn(t, redis)).open('room', () => {});
        t.same([again.snapshot, again.tail], [undefined, ['1', "2'"]]);
      }
    },
  );
});
