import t, { type Test } from 'tap';
import { type DurableMap, openDurableMap } from '../../server/log/durable-map.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { type Log, LogError, type LogListener, type RoomLog } from '../../server/log/log.ts';
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

t.test('what was changed before it was closed is stored, also behind what was under way', async (t) => {
  const log = createMemoryLog();
  let [begun, release] = [() => {}, () => {}];
  const underWay = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow: Log = {
    ...log,
    async open(name, listener) {
      const opened = await log.open(name, listener);
      const append = (entries: readonly string[]) => {
        begun();
        return held.then(() => opened.append(entries));
      };
      return { ...opened, append };
    },
  };
  const map = await openDurableMap(slow, NAME);
  const stored = [map.set('a', 1)];
  await underWay;
  stored.push(map.set('b', 2), map.set('c', 3));
  const closed = map.close();
  release();
  t.strictSame(
    (await Promise.allSettled(stored)).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled'],
  );
  await closed;
  t.strictSame(
    [...(await openDurableMap(log, NAME)).entries()],
    [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ],
  );
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

t.test('of changes that are stored together, each says so where that fails', async (t) => {
  const log = createMemoryLog();
  const failing: Log = {
    ...log,
    async open(name, listener) {
      const opened = await log.open(name, listener);
      return { ...opened, append: () => Promise.reject(new Error('full')) };
    },
  };
  const map = await openDurableMap(failing, NAME);
  // Whatever comes first: the second change, or the first one's way to the log.
  for (let turns = 0; turns < 5; turns++) {
    const first = map.set('a', turns);
    const second = later(turns).then(() => map.set('b', turns));
    t.match(await Promise.allSettled([first, second]), [{ status: 'rejected' }, { status: 'rejected' }]);
  }
});

async function later(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await undefined;
}

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

/** What two processes share. Appends of the first wait for `held`, and the ends of its compactions for `later`. */
function createSharedLog(follows?: (next: unknown, before: unknown) => boolean) {
  const log = createMemoryLog();
  const shared = { held: Promise.resolve(), later: Promise.resolve() };
  const listeners: LogListener[] = [];
  let inner: Promise<RoomLog> | undefined;
  const open = async (listener: LogListener): Promise<RoomLog> => {
    const isFirst = listeners.push(listener) === 1;
    inner ??= log.open(NAME, (...batch) => {
      for (const one of listeners) one(...batch);
    });
    const room = await inner;
    return {
      ...room,
      async append(texts) {
        if (isFirst) await shared.held;
        await room.append(texts);
      },
      async compact(...what) {
        await room.compact(...what);
        if (isFirst) await shared.later;
      },
    };
  };
  const both: Log = { ...log, open: (_, listener) => open(listener) };
  return {
    shared,
    open: (onChanged?: () => void) =>
      openDurableMap(both, NAME, { ...(onChanged && { onChanged }), ...(follows && { follows }) }),
    async again() {
      await (await inner)?.close();
      return openDurableMap(log, NAME, follows && { follows });
    },
  };
}

/** A change of one process is refused, while the other stores one. */
async function refuse(
  t: Test,
  shared: { held: Promise<void> },
  one: DurableMap<unknown>,
  store: () => Promise<void>,
): Promise<void> {
  let fail = (_: Error) => {};
  shared.held = new Promise((_, reject) => {
    fail = reject;
  });
  const refused = one.set('k', 'refused');
  await store();
  fail(new LogError('LOG_UNAVAILABLE', 'full'));
  await t.rejects(refused, { message: 'full' });
}

t.test(
  'of two processes that change a key at once, the one that is refused has changed nothing',
  async (t) => {
    const { shared, open, again } = createSharedLog();
    const [one, other] = [await open(), await open()];
    await one.set('k', 'before');
    await refuse(t, shared, one, () => other.set('k', 'stored'));
    t.equal(one.get('k'), 'stored');
    shared.held = Promise.resolve();
    await Promise.all(Array.from({ length: 2500 }, (_, index) => one.set(`key${index}`, index)));
    t.equal((await again()).get('k'), 'stored', 'also once it has written the map anew');
  },
);

t.test('whoever changes the map when it hears that its change was refused is heard', async (t) => {
  const { shared, open, again } = createSharedLog();
  let reaction: Promise<void> | undefined;
  const react = () => {
    shared.held = Promise.resolve();
    reaction ??= one.set('reaction', 1);
  };
  const one: DurableMap<unknown> = await open(react);
  const other = await open();
  await refuse(t, shared, one, () => other.set('k', 'stored'));
  await reaction;
  t.equal((await again()).get('reaction'), 1);
});

t.test('of two processes that change a key at once, the one that is behind takes nothing back', async (t) => {
  const { shared, open, again } = createSharedLog((next, before) => Number(next) >= Number(before));
  const [one, other] = [await open(), await open()];
  await one.set('k', 1);
  let release = () => {};
  shared.held = new Promise((resolve) => {
    release = resolve;
  });
  const late = one.set('k', 2);
  await other.set('k', 3);
  release();
  await late;
  for (const map of [one, other, await again()]) t.equal(map.get('k'), 3);
});

t.test('what could not be stored is not stored with the rest when that is written anew', async (t) => {
  const { shared, open, again } = createSharedLog();
  const one = await open();
  shared.held = Promise.reject(new LogError('LOG_UNAVAILABLE', 'full'));
  await t.rejects(one.set('k', 'refused'), { message: 'full' });
  shared.held = Promise.resolve();
  await Promise.all(Array.from({ length: 5000 }, (_, index) => one.set(`key${index % 2500}`, index)));
  t.equal(one.get('k'), 'refused', 'it holds');
  t.equal((await again()).get('k'), undefined);
});

t.test('what another process changes while the map is written anew holds', async (t) => {
  const { shared, open, again } = createSharedLog();
  const [one, other] = [await open(), await open()];
  let end = () => {};
  shared.later = new Promise((resolve) => {
    end = resolve;
  });
  const all = Promise.all(Array.from({ length: 2500 }, (_, index) => one.set(`key${index}`, 'one')));
  while (other.get('key2499') === undefined) await new Promise((resolve) => setImmediate(resolve));
  await other.set('key7', 'other');
  end();
  await all;
  t.equal(one.get('key7'), 'other');
  t.equal((await again()).get('key7'), 'other');
});

t.test('a map that is closed while its log is opened anew leaves it', async (t) => {
  const log = createMemoryLog();
  let end = () => {};
  let held: Promise<void> | undefined;
  const ending: Log = {
    ...log,
    async open(name, listener, events) {
      await held;
      const opened = await log.open(name, listener);
      end = () => void opened.close().then(() => events?.onEnded?.(new LogError('LOG_UNAVAILABLE', 'ended')));
      return opened;
    },
  };
  const map = await openDurableMap(ending, NAME);
  await map.set('a', 1);
  let release = () => {};
  held = new Promise((resolve) => {
    release = resolve;
  });
  end();
  await new Promise((resolve) => setImmediate(resolve));
  const closed = map.close();
  release();
  await closed;
  t.equal((await openDurableMap(log, NAME)).get('a'), 1);
});
