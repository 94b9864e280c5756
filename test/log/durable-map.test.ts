import t, { type Test } from 'tap';
import { type DurableMap, openDurableMap } from '../../server/log/durable-map.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { createManualClock } from '../support/manual-clock.ts';

const NAME = '\u0001things';

/** On each log, `again` opens the map anew: on LMDB, after the whole store was closed. */
function onEach(
  title: string,
  test: (t: Test, map: DurableMap<unknown>, again: () => Promise<DurableMap<unknown>>) => Promise<void>,
): void {
  t.test(`${title} (memory)`, async (t) => {
    const log = createMemoryLog();
    const map = await openDurableMap(log, NAME);
    await test(t, map, async () => {
      await map.close();
      return openDurableMap(log, NAME);
    });
  });
  t.test(`${title} (lmdb)`, async (t) => {
    const open = (): Promise<Log> => openLmdbLog({ directory: t.testdirName, clock: createManualClock() });
    t.testdir();
    let log = await open();
    t.teardown(() => log.close());
    const map = await openDurableMap(log, NAME);
    await test(t, map, async () => {
      await map.close();
      await log.close();
      log = await open();
      return openDurableMap(log, NAME);
    });
  });
}

onEach('what was set is there after a restart, and what was deleted is not', async (t, map, again) => {
  await Promise.all([map.set('a', { n: 1 }), map.set('b', [2]), map.set('c', 'x'), map.delete('c')]);
  await map.set('a', { n: 2 });
  await map.delete('nothing');
  t.strictSame(
    [...(await again()).entries()],
    [
      ['a', { n: 2 }],
      ['b', [2]],
    ],
  );
});

onEach('a long history is kept as a snapshot', async (t, map, again) => {
  for (let round = 0; round < 50; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, index) => map.set(`key${index}`, round)));
  }
  await map.delete('key0');
  const reopened = await again();
  t.equal(reopened.get('key0'), undefined);
  t.equal(reopened.get('key99'), 49);
  t.equal([...reopened.entries()].length, 99);
});

t.test('a change that cannot be stored says so, and holds; later ones are stored', async (t) => {
  const log = createMemoryLog();
  const fails = { now: true };
  const failing: Log = {
    ...log,
    async open(name, listener) {
      const opened = await log.open(name, listener);
      const append = (entries: readonly string[]) =>
        fails.now ? Promise.reject(new Error('full')) : opened.append(entries);
      return { ...opened, append, close: () => opened.close() };
    },
  };
  const map = await openDurableMap(failing, NAME);
  await t.rejects(map.set('a', 1), { message: 'full' });
  t.equal(map.get('a'), 1);
  fails.now = false;
  await map.set('b', 2);
  await map.close();
  t.strictSame([...(await openDurableMap(log, NAME)).entries()], [['b', 2]]);
});

t.test('a large map is written anew after as many changes as it holds, and not before', async (t) => {
  const log = createMemoryLog();
  let compactions = 0;
  const counting: Log = {
    ...log,
    async open(name, listener) {
      const opened = await log.open(name, listener);
      return {
        ...opened,
        compact(...what) {
          compactions += 1;
          return opened.compact(...what);
        },
      };
    },
  };
  const map = await openDurableMap(counting, NAME);
  const change = (count: number, value: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => map.set(`key${index}`, value)));
  await change(5000, 1);
  t.equal(compactions, 1);
  await change(2000, 2);
  await change(2999, 3);
  t.equal(compactions, 1);
  await change(1, 4);
  t.equal(compactions, 2);
  await map.close();
  const again = await openDurableMap(log, NAME);
  t.strictSame([again.get('key0'), again.get('key2998'), again.get('key4999')], [4, 3, 1]);
});

t.test('a change is stored, and says so, also where the map cannot be written anew behind it', async (t) => {
  const log = createMemoryLog();
  const full: Log = {
    ...log,
    async open(name, listener) {
      const opened = await log.open(name, listener);
      return { ...opened, compact: () => Promise.reject(new LogError('LOG_UNAVAILABLE', 'full')) };
    },
  };
  const map = await openDurableMap(full, NAME);
  const keys = Array.from({ length: 2500 }, (_, index) => `key${index}`);
  await t.resolves(Promise.all(keys.map((key) => map.set(key, 1))));
  await t.resolves(map.set('last', 1));
  await map.close();
  t.equal([...(await openDurableMap(log, NAME)).entries()].length, 2501);
});
