import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lockDirectory } from '../../server/log/directory-lock.ts';

/** A directory with a path short enough for a socket. */
function shortDirectory(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'lock-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

const refusal: { code: string; message: RegExp } = {
  code: 'LOG_LOCKED',
  message: /another process uses the data directory/,
};

t.test('a directory is locked once, and again after its release', async (t) => {
  const directory = shortDirectory(t);
  const lock = await lockDirectory(directory);
  const held = readdirSync(directory);
  t.match(held, [/^lock\.[0-9a-f]{8}$/]);
  await t.rejects(lockDirectory(directory), refusal);
  t.same(readdirSync(directory), held, 'a refused attempt leaves nothing behind');
  await lock.release();
  t.same(readdirSync(directory), []);
  await (await lockDirectory(directory)).release();
});

t.test('another path to the same directory is the same lock', async (t) => {
  const directory = shortDirectory(t);
  const link = join(shortDirectory(t), 'link');
  symlinkSync(directory, link);
  const lock = await lockDirectory(directory);
  await t.rejects(lockDirectory(link), refusal);
  await lock.release();
});

t.test('a path too long for a socket is locked all the same', async (t) => {
  const directory = join(t.testdir(), 'x'.repeat(100));
  mkdirSync(directory);
  const lock = await lockDirectory(directory);
  t.same(readdirSync(directory), []);
  await t.rejects(lockDirectory(directory), refusal);
  await lock.release();
  await (await lockDirectory(directory)).release();
});

t.test('a socket that nobody listens on is removed; other files stay', async (t) => {
  const directory = shortDirectory(t);
  for (const name of ['lock.00000000', 'lock.mdb', 'lock.txt']) writeFileSync(join(directory, name), '');
  const lock = await lockDirectory(directory);
  await t.rejects(lockDirectory(directory), refusal);
  await lock.release();
  t.same(readdirSync(directory).sort(), ['lock.mdb', 'lock.txt']);
});

t.test('of many that come at the same time never two hold it', async (t) => {
  const directory = shortDirectory(t);
  let locks = 0;
  for (let round = 0; round < 8; round++) {
    writeFileSync(join(directory, 'lock.00000000'), '');
    const attempts = Array.from({ length: 2 + (round % 7) }, () => lockDirectory(directory));
    const outcomes = await Promise.allSettled(attempts);
    const winners = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    if (winners.length > 1) t.fail(`${winners.length} hold it`);
    t.equal(readdirSync(directory).length, winners.length);
    locks += winners.length;
    for (const winner of winners) await winner.release();
  }
  t.ok(locks > 3, `mostly, one of them gets it (${locks} of 8 times)`);
});
