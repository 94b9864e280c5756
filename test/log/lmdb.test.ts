import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import t from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { logContract } from '../contract/log.ts';

logContract(t, 'lmdb', async (t) => {
  const directory = t.testdir();
  const log = await openLmdbLog({ directory });
  return {
    log,
    async reopen() {
      await log.close();
      return openLmdbLog({ directory });
    },
  };
});

t.test(
  'a long log is shortened with the appends that follow, and never read from before its beginning',
  async (t) => {
    const directory = t.testdir();
    const log = await openLmdbLog({ directory });
    const room = await log.open('room', () => {});
    await room.append(Array.from({ length: 1000 }, (_, index) => String(index + 1)));
    await room.compact({ offset: 1000, state: 'all' }, 999);
    t.equal(await room.read(999, 1), undefined);
    const stored = () => storedOffsets(directory);
    t.equal((await stored())[0], 1, 'nothing was dropped with it');
    for (let index = 1; index <= 20; index++) await room.append([`more ${index}`]);
    const [first = 0] = await stored();
    t.ok(first - 1 > 20, `more is dropped than came: the first one is ${first}`);
    t.ok(first - 1 <= 100, `and by no append much more: the first one is ${first}`);
    t.equal(await room.read(first, 1), undefined);
    t.same(await room.read(1000, 2), ['1000', 'more 1']);
    for (let index = 1; index <= 340; index++) await room.append(['more']);
    t.equal((await stored())[0], 1000);
    await log.close();
  },
);

t.test('a log that is closed before it is short is short afterwards', async (t) => {
  const directory = t.testdir();
  const log = await openLmdbLog({ directory });
  const room = await log.open('room', () => {});
  await room.append(Array.from({ length: 1000 }, (_, index) => String(index + 1)));
  await Promise.all([room.compact({ offset: 1000, state: 'all' }, 1000), room.close()]);
  t.same(await storedOffsets(directory), []);
  const opened = await log.open('room', () => {});
  t.same(opened.snapshot, { offset: 1000, state: 'all' });
  t.equal(await opened.read(1000, 1), undefined);
  t.same(await opened.read(1001, 10), []);
  await log.close();
});

t.test('a log whose process ended before it was short goes on, and is shortened later', async (t) => {
  const both = t.testdir({ store: {}, copy: {} });
  const [directory, copy] = [join(both, 'store'), join(both, 'copy')];
  const log = await openLmdbLog({ directory });
  const room = await log.open('room', () => {});
  await room.append(Array.from({ length: 1000 }, (_, index) => String(index + 1)));
  await room.compact({ offset: 1000, state: 'all' }, 1000);
  cpSync(join(directory, 'data.mdb'), join(copy, 'data.mdb'));
  await log.close();

  const other = await openLmdbLog({ directory: copy });
  const again = await other.open('room', () => {});
  t.same(again.snapshot, { offset: 1000, state: 'all' });
  t.same(again.tail, []);
  await again.append(['1001']);
  await again.compact({ offset: 1001, state: 'all and one' }, 1001);
  await again.close();
  t.same(await storedOffsets(copy), []);
  await other.close();
});

/** The offsets of the entries that are on disk. */
async function storedOffsets(directory: string): Promise<number[]> {
  const root = openLmdb({ path: directory, noSubdir: false, readOnly: true, encoding: 'binary' });
  const entries = root.openDB<Buffer, [string, number]>('entries', { encoding: 'binary' });
  const offsets = [...entries.getKeys()].map(([, offset]) => offset);
  await root.close();
  return offsets;
}
