import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import t, { type Test } from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { fileOf, type StoreFile } from '../../server/log/lmdb-file.ts';

interface Found {
  readonly epoch: string;
  readonly tail: readonly string[];
  readonly isCopy: boolean;
}

/** Opens the store in a directory, appends to a room, and says what was there before. */
async function visit(t: Test, directory: string, roomId = 'room'): Promise<Found> {
  let isCopy = false;
  const onCopy = () => {
    isCopy = true;
  };
  const log = await openLmdbLog({ directory, onCopy });
  const { epoch, tail, append } = await log.open(roomId, () => {});
  const head = await log.head(roomId);
  t.same(head, { epoch, offset: tail.length }, 'the head is of the same epoch');
  await append([`${tail.length + 1}`]);
  await log.close();
  return { epoch, tail, isCopy };
}

/** Directories of one test, by name; the first one has a store. */
async function stores(
  t: Test,
  ...names: readonly [string, ...string[]]
): Promise<{ at: (name: string) => string; first: Found }> {
  const path = t.testdir();
  const at = (name: string) => join(path, name);
  for (const name of names) mkdirSync(at(name));
  return { at, first: await visit(t, at(names[0])) };
}

function copy(from: string, to: string): void {
  copyFileSync(join(from, 'data.mdb'), join(to, 'data.mdb'));
}

/** Changes what a closed store has kept of its file. */
async function changeKept(directory: string, value: Buffer | undefined): Promise<void> {
  const root = openLmdb({ path: directory, noSubdir: false, overlappingSync: false, encoding: 'binary' });
  if (value === undefined) await root.remove(['file']);
  else await root.put(['file'], value);
  await root.close();
}

t.test('a copy of a store has what the original had, under epochs of its own that it keeps', async (t) => {
  const { at, first } = await stores(t, 'original', 'copy', 'copy of the copy');
  copy(at('original'), at('copy'));
  const copied = await visit(t, at('copy'));
  t.match(copied, { tail: ['1'], isCopy: true });
  t.not(copied.epoch, first.epoch);
  t.match(copied.epoch, /^[\w-]{8,32}$/);
  t.same(await visit(t, at('copy')), { ...copied, tail: ['1', '2'], isCopy: false });
  t.same(await visit(t, at('original')), { ...first, tail: ['1'] });

  copy(at('copy'), at('copy of the copy'));
  const again = await visit(t, at('copy of the copy'));
  t.match(again, { tail: ['1', '2', '3'], isCopy: true });
  t.equal(new Set([first, copied, again].map(({ epoch }) => epoch)).size, 3);
  t.match(again.epoch, /^[\w-]{8,32}$/, 'however often it is copied');
});

t.test('a room that is made in a copy has another epoch in a copy of that', async (t) => {
  const { at } = await stores(t, 'original', 'copy', 'copy of the copy');
  copy(at('original'), at('copy'));
  const made = await visit(t, at('copy'), 'new');
  copy(at('copy'), at('copy of the copy'));
  const copied = await visit(t, at('copy of the copy'), 'new');
  t.same(copied.tail, ['1']);
  t.not(copied.epoch, made.epoch);
});

t.test('a backup that is put in the place of the file that it was copied from is a copy', async (t) => {
  const { at, first } = await stores(t, 'original', 'backup');
  copy(at('original'), at('backup'));
  await visit(t, at('original'));
  renameSync(join(at('backup'), 'data.mdb'), join(at('original'), 'data.mdb'));
  const restored = await visit(t, at('original'));
  t.match(restored, { tail: ['1'], isCopy: true });
  t.not(restored.epoch, first.epoch);
});

t.test('a store that is moved is no copy', async (t) => {
  const { at, first } = await stores(t, 'before');
  renameSync(at('before'), at('after'));
  t.same(await visit(t, at('after')), { ...first, tail: ['1'] });
});

t.test('a store of an earlier build keeps its epochs, and is known from then on', async (t) => {
  const { at, first } = await stores(t, 'original', 'copy');
  await changeKept(at('original'), undefined);
  t.same(await visit(t, at('original')), { ...first, tail: ['1'] });
  copy(at('original'), at('copy'));
  t.match(await visit(t, at('copy')), { isCopy: true });
});

t.test('a store whose record of its file is damaged is refused', async (t) => {
  const { at } = await stores(t, 'original');
  await changeKept(at('original'), Buffer.from('damaged'));
  await t.rejects(visit(t, at('original')), {
    code: 'LOG_CORRUPT',
    message: /data\.mdb has a damaged record/,
  });
});

t.test('a file is known by its inode and, where the system tells it, by its birth', async (t) => {
  const [ino, ctimeNs] = [7n, 900n];
  const known: StoreFile = { inode: '7', born: '100', generation: 'g' };
  const unborn: StoreFile = { inode: '7', generation: 'g' };
  const isCopy = ({ generation }: StoreFile) => generation !== 'g';
  t.same(fileOf({ ino, birthtimeNs: 100n, ctimeNs }, undefined), { ...known, generation: '' });
  t.same(fileOf({ ino, birthtimeNs: 100n, ctimeNs }, known), known);
  t.same(fileOf({ ino, birthtimeNs: 100n, ctimeNs: 100n }, known), known, 'not changed since');
  t.ok(isCopy(fileOf({ ino: 8n, birthtimeNs: 100n, ctimeNs }, known)), 'another inode');
  t.ok(isCopy(fileOf({ ino, birthtimeNs: 200n, ctimeNs }, known)), 'the inode of a file that was removed');
  t.ok(isCopy(fileOf({ ino, birthtimeNs: 200n, ctimeNs: 200n }, known)), 'the same, at once');
  for (const birthtimeNs of [0n, ctimeNs]) {
    t.same(fileOf({ ino, birthtimeNs, ctimeNs }, unborn), unborn, 'no birth is told');
    t.ok(isCopy(fileOf({ ino: 8n, birthtimeNs, ctimeNs }, unborn)));
  }
  t.same(fileOf({ ino, birthtimeNs: 100n, ctimeNs }, unborn), known, 'it was not known yet');
});
