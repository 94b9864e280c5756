import t, { type Test } from 'tap';
import { openDurableMap } from '../../server/log/durable-map.ts';
import type { Log } from '../../server/log/log.ts';
import { type Occupied, openOccupied } from '../../server/occupied.ts';
import { logOn } from '../log/redis-opening.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { noRedis, startRedis, type TestRedis, until } from '../support/redis.ts';
import { silent } from '../support/servers.ts';
import { startProxy } from '../support/tcp-proxy.ts';

t.setTimeout(60_000);

/** @param fails called before a room is opened */
async function occupiedOn(t: Test, log: Log, nodeId: string, fails = async () => {}) {
  const clock = createManualClock();
  const opened: string[] = [];
  const open = (roomId: string) => fails().then(() => void opened.push(roomId));
  const occupied: Occupied = await openOccupied({ log, clock, logger: silent, nodeId, open });
  t.teardown(() => occupied.close());
  return { clock, opened, occupied };
}

/** The rooms of a node, as they are stored now. */
async function roomsOf(t: Test, redis: TestRedis, nodeId: string): Promise<string> {
  const log = await logOn(t, redis);
  const rooms = await openDurableMap<true>(log, `\u0001occupied ${nodeId}`);
  const names = [...rooms.entries()].map(([name]) => name).sort();
  await log.close();
  return names.join();
}

t.test('the rooms that a node is in', { skip: noRedis }, async (t) => {
  t.test('are noted anew where another took it for dead, and those that it has left are not', async (t) => {
    const redis = await startRedis(t);
    const a = await occupiedOn(t, await logOn(t, redis), 'a');
    const b = await occupiedOn(t, await logOn(t, redis), 'b');
    for (const roomId of ['one', 'two', 'three']) a.occupied.entered(roomId);
    a.occupied.released('two');
    await until(async () => (await roomsOf(t, redis, 'a')) === 'one,three');
    t.equal(await b.occupied.adopt('a'), true);
    t.same(b.opened, ['one', 'three']);
    await until(async () => (await roomsOf(t, redis, 'a')) === 'one,three');
  });

  t.test('are noted also where that failed at first', async (t) => {
    const redis = await startRedis(t);
    const proxy = await startProxy(t, redis.port);
    const log = await logOn(t, { url: `redis://127.0.0.1:${proxy.port}` }, { timeoutMs: 300 });
    const { clock, occupied } = await occupiedOn(t, log, 'a');
    proxy.accept(false);
    proxy.cut();
    await until(() => !log.writable());
    for (const roomId of ['one', 'two', 'three']) occupied.entered(roomId);
    occupied.released('two');
    await t.rejects(log.head('one'));
    proxy.accept(true);
    await until(() => log.writable());
    await until(async () => {
      clock.advance(1000);
      return (await roomsOf(t, redis, 'a')) === 'one,three';
    });
  });

  t.test('are looked after until that is done, whatever fails', async (t) => {
    const redis = await startRedis(t);
    const a = await occupiedOn(t, await logOn(t, redis), 'a');
    a.occupied.entered('one');
    await until(async () => (await roomsOf(t, redis, 'a')) === 'one');
    await a.occupied.close();
    let faults = 0;
    const b = await occupiedOn(t, await logOn(t, redis), 'b', async () => {
      faults += 1;
      if (faults === 1) throw new Error('a fault');
    });
    let isDone = false;
    const done = b.occupied.adopt('a').then((done) => {
      isDone = done;
    });
    await until(() => {
      b.clock.advance(1000);
      return isDone;
    });
    await done;
    t.same([b.opened, await roomsOf(t, redis, 'a')], [['one'], '']);
  });

  t.test('are looked after again where their node came back meanwhile, and died once more', async (t) => {
    const redis = await startRedis(t);
    const log = await logOn(t, redis);
    const a = await occupiedOn(t, log, 'a');
    a.occupied.entered('one');
    await until(async () => (await roomsOf(t, redis, 'a')) === 'one');
    const b = await occupiedOn(t, await logOn(t, redis), 'b', async () => {
      if (b.opened.length > 0) return;
      // Behind what has been read of its rooms.
      a.occupied.entered('two');
      await until(async () => (await roomsOf(t, redis, 'a')) === 'one,two');
      b.occupied.nodeGone('a');
    });
    b.occupied.nodeGone('a');
    t.equal(await b.occupied.adopt('a'), false);
    await a.occupied.close();
    t.equal(await b.occupied.adopt('a'), true);
    t.ok(b.opened.includes('two'), b.opened.join());
  });
});
