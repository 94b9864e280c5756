import { appendFileSync, chmodSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { open as openLmdb } from 'lmdb';
import t, { type Test } from 'tap';
import { encodeChecked } from '../../server/log/checked-text.ts';
import { openLmdbLog } from '../../server/log/lmdb.ts';

/** A store with one room of `count` entries, closed. Returns its file. */
async function writeStore(directory: string, count = 200): Promise<string> {
  const log = await openLmdbLog({ directory });
  const room = await log.open('room', () => {});
  await room.append(Array.from({ length: count }, (_, index) => `entry-${index + 1}-${'x'.repeat(300)}`));
  await room.compact({ offset: 3, state: 'the-state-of-the-room' }, 1);
  await log.close();
  return join(directory, 'data.mdb');
}

async function refused(t: Test, directory: string, message: RegExp): Promise<void> {
  const file = join(directory, 'data.mdb');
  const before = readFileSync(file);
  await t.rejects(openLmdbLog({ directory }), { code: 'LOG_CORRUPT', retryable: false, message });
  t.ok(before.equals(readFileSync(file)), 'the file is left as it is');
}

function flip(file: string, text: string): void {
  const bytes = readFileSync(file);
  let place = bytes.indexOf(text);
  if (place < 0) throw new Error(`${text} is not in the file`);
  // Pages that are no longer in use may hold it, too.
  for (; place >= 0; place = bytes.indexOf(text, place + 1)) {
    bytes.writeUInt8(bytes.readUInt8(place + 2) ^ 1, place + 2);
  }
  writeFileSync(file, bytes);
}

/** Changes a closed store behind the log's back. */
async function change(
  directory: string,
  action: (root: ReturnType<typeof openLmdb>) => unknown,
): Promise<void> {
  const root = openLmdb({ path: directory, noSubdir: false, overlappingSync: false, encoding: 'binary' });
  await action(root);
  await root.close();
}

t.test('a truncated file is refused, wherever it ends', async (t) => {
  const directory = t.testdir();
  const file = await writeStore(directory);
  const whole = readFileSync(file);
  // Behind the pages in use stands room for the next commits, in zeros.
  const used = whole.findLastIndex((byte) => byte !== 0) + 1;
  for (const part of [0.99, 0.5, 0.1]) {
    writeFileSync(file, whole.subarray(0, Math.floor(used * part)));
    await refused(t, directory, /data\.mdb cannot be used: it is cut off: .* Restore it from a backup/);
  }
  for (const length of [5000, 4096, 100, 1]) {
    truncateSync(file, length);
    await refused(t, directory, /it is cut off/);
  }
});

t.test('a file of zero length is refused, and not taken for a new store', async (t) => {
  const directory = t.testdir();
  truncateSync(await writeStore(directory), 0);
  await refused(t, directory, /it is empty/);
});

t.test('a file that is not of LMDB is refused', async (t) => {
  const directory = t.testdir();
  const file = await writeStore(directory);
  writeFileSync(file, Buffer.alloc(100_000, 'garbage'));
  await refused(t, directory, /not an LMDB file/);
});

t.test('a damaged header is refused', async (t) => {
  const directory = t.testdir();
  const file = await writeStore(directory);
  const whole = readFileSync(file);
  const damage = async (position: number, value: number, message: RegExp): Promise<void> => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt32LE(value, position);
    writeFileSync(file, bytes);
    await refused(t, directory, message);
  };
  await damage(24, 0, /not an LMDB file/);
  await damage(4096 + 24, 0, /not an LMDB file/);
  await damage(28, 1, /version 1 of the LMDB format/);
  await damage(48, 4095, /page size of 4095/);
});

t.test('a refused directory is free again, and a restored backup opens', async (t) => {
  const directory = t.testdir();
  const file = await writeStore(directory);
  const whole = readFileSync(file);
  truncateSync(file, 8192);
  await refused(t, directory, /cut off/);
  writeFileSync(file, whole);
  const log = await openLmdbLog({ directory });
  t.equal((await log.open('room', () => {})).tail.length, 197);
  await log.close();
});

t.test('a whole file may end before its last page, where that page was freed at once', async (t) => {
  const directory = t.testdir();
  const file = await writeStore(directory);
  // Without the room for the next commits, which stands behind the pages in use.
  const used = readFileSync(file).findLastIndex((byte) => byte !== 0) + 1;
  truncateSync(file, Math.ceil(used / 4096) * 4096);
  await change(directory, (root) => {
    const table = root.openDB('entries', { encoding: 'binary' });
    return root.transaction(() => {
      table.put(['big', 1], Buffer.alloc(1_000_000));
      table.remove(['big', 1]);
    });
  });
  const bytes = readFileSync(file);
  const meta = bytes.readBigUInt64LE(152) > bytes.readBigUInt64LE(4096 + 152) ? 0 : 4096;
  t.ok(bytes.length < Number(bytes.readBigUInt64LE(meta + 144)) * 4096, 'such a file');
  const log = await openLmdbLog({ directory });
  t.equal((await log.open('room', () => {})).tail.length, 197);
  await log.close();
});

t.test('bytes after the last page do no harm', async (t) => {
  const directory = t.testdir();
  appendFileSync(await writeStore(directory), 'x'.repeat(5000));
  const log = await openLmdbLog({ directory });
  t.equal((await log.open('room', () => {})).tail.length, 197);
  await log.close();
});

t.test('a flipped bit in an entry is found when it is read, and named', async (t) => {
  const directory = t.testdir();
  flip(await writeStore(directory), 'entry-150-');
  const log = await openLmdbLog({ directory });
  t.teardown(() => log.close());
  await t.rejects(
    log.open('room', () => {}),
    { code: 'LOG_CORRUPT', message: /room "room" .* entry at offset 150;/ },
  );
  const other = await log.open('other', () => {});
  await other.append(['a']);
  t.same(await other.read(1, 1), ['a'], 'other rooms are not concerned');
});

t.test('a flipped bit in an entry before the snapshot is found when it is read', async (t) => {
  const directory = t.testdir();
  flip(await writeStore(directory), 'entry-2-');
  const log = await openLmdbLog({ directory });
  t.teardown(() => log.close());
  const room = await log.open('room', () => {});
  await t.rejects(room.read(2, 1), { code: 'LOG_CORRUPT', message: /offset 2;/ });
  t.match(await room.read(3, 1), [/^entry-3-/]);
});

t.test('a flipped bit in a snapshot is found when the room is opened', async (t) => {
  const directory = t.testdir();
  flip(await writeStore(directory), 'the-state-of-the-room');
  const log = await openLmdbLog({ directory });
  t.teardown(() => log.close());
  await t.rejects(
    log.open('room', () => {}),
    { code: 'LOG_CORRUPT', message: /damaged snapshot at offset 3;/ },
  );
});

const gaps: [what: string, key: (string | number)[], message: RegExp][] = [
  ['in the tail', ['room', 100], /has offset 101 where 100 is expected/],
  ['before the snapshot', ['room', 2], /has offset 3 where 2 is expected/],
  ['at the end', ['room', 200], /ends before offset 200, not 201/],
];
for (const [what, key, message] of gaps)
  t.test(`a missing entry ${what} is found when the room is opened`, async (t) => {
    const directory = t.testdir();
    await writeStore(directory);
    await change(directory, (root) => root.openDB('entries', { encoding: 'binary' }).remove(key));
    const log = await openLmdbLog({ directory });
    t.teardown(() => log.close());
    await t.rejects(
      log.open('room', () => {}),
      { code: 'LOG_CORRUPT', message },
    );
  });

t.test('entries without a record of their room are not taken for an empty room', async (t) => {
  const directory = t.testdir();
  await writeStore(directory);
  await change(directory, (root) => root.openDB('rooms', { encoding: 'binary' }).remove(['room']));
  const log = await openLmdbLog({ directory });
  t.teardown(() => log.close());
  await t.rejects(
    log.open('room', () => {}),
    { code: 'LOG_CORRUPT', message: /at offset 2 but no record/ },
  );
});

t.test('a store of a newer format is refused', async (t) => {
  const directory = t.testdir();
  await writeStore(directory);
  await change(directory, (root) => root.put(['format'], encodeChecked('2')));
  await refused(t, directory, /has format 2, and this program reads format 1/);
});

t.test('an LMDB file of another program is refused', async (t) => {
  const directory = t.testdir();
  await change(directory, (root) => root.put(['theirs'], Buffer.from('value')));
  await refused(t, directory, /no readable format record/);
});

t.test('a missing directory is created', async (t) => {
  const directory = join(t.testdir(), 'a', 'b.c');
  const log = await openLmdbLog({ directory });
  await log.close();
  t.ok(readFileSync(join(directory, 'data.mdb')).length > 0);
});

t.test('a directory that cannot be made or written is refused by name', async (t) => {
  const file = join(t.testdir({ file: 'x' }), 'file');
  await t.rejects(openLmdbLog({ directory: join(file, 'data') }), {
    code: 'LOG_UNAVAILABLE',
    message: /the data directory .*file.data cannot be used: E/,
  });
});

t.test('a directory without the right to write is refused', { skip: process.getuid?.() === 0 }, async (t) => {
  const directory = join(t.testdir(), 'locked');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  await t.rejects(openLmdbLog({ directory }), { code: 'LOG_UNAVAILABLE', message: /cannot be used: E/ });
});
