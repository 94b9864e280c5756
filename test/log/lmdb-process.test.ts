import { execFileSync } from 'node:child_process';
import t from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import { startLogProcess } from './lmdb-process.ts';

t.test('what was appended is there after SIGKILL', async (t) => {
  const directory = t.testdir();
  const writer = startLogProcess(t, directory);
  t.same(await writer.ask(), { opened: 0 });
  t.same(await writer.ask('append 3 10'), { stored: 3 });
  for (let stored = 4; stored <= 50; stored++) t.same(await writer.ask('append 1 5000'), { stored });
  writer.child.stdin?.write('append 100000 100\n');
  await writer.kill();
  const log = await openLmdbLog({ directory });
  t.teardown(() => log.close());
  const { tail } = await log.open('room', () => {});
  t.ok(
    tail.length === 50 || tail.length === 100_050,
    'every answered entry, and the last batch whole or not at all',
  );
});

t.test('a second process is refused, and let in when the first was killed', async (t) => {
  const directory = t.testdir();
  const first = startLogProcess(t, directory);
  await first.ask();
  const second = await startLogProcess(t, directory).ask();
  t.match(second, { code: 'LOG_LOCKED', message: /another process uses the data directory/ });
  await t.rejects(openLmdbLog({ directory }), { code: 'LOG_LOCKED', retryable: false });
  t.same(await first.ask('append 1 10'), { stored: 1 }, 'the first is not disturbed');
  await first.kill();
  t.same(await startLogProcess(t, directory).ask(), { opened: 1 });
});

t.test('a full disk fails appends, and nothing else; with room they work again', async (t) => {
  const directory = t.testdir();
  const writer = startLogProcess(t, directory, 4096);
  await writer.ask();
  t.same(await writer.ask('append 100 1000'), { stored: 100 });
  for (let attempt = 0; attempt < 5; attempt++) {
    t.same(await writer.ask('append 400 1000'), { code: 'LOG_UNAVAILABLE' });
    t.same(await writer.ask('read'), { entries: 100 }, 'nothing is stored');
  }
  execFileSync('prlimit', ['--pid', String(writer.child.pid), '--fsize=unlimited']);
  t.same(await writer.ask('append 400 1000'), { stored: 500 });
  t.same(await writer.ask('writable'), { writable: true }, 'after an append');
  await writer.kill();
  t.same(await startLogProcess(t, directory).ask(), { opened: 500 });
});

t.test('a full disk is told by writable, which turns true again without an append', async (t) => {
  const writer = startLogProcess(t, t.testdir(), 4096);
  await writer.ask();
  t.same(await writer.ask('writable'), { writable: true });
  t.same(await writer.ask('append 400 1000'), { code: 'LOG_UNAVAILABLE' });
  t.same(await writer.ask('writable'), { writable: false });
  execFileSync('prlimit', ['--pid', String(writer.child.pid), '--fsize=unlimited']);
  while (!(await writer.ask('writable')).writable);
  t.same(await writer.ask('append 1 10'), { stored: 1 });
});

t.test('a store cannot be created on a full disk, and can be once there is room', async (t) => {
  const directory = t.testdir();
  t.match(await startLogProcess(t, directory, 4).ask(), { code: 'LOG_UNAVAILABLE' });
  t.same(await startLogProcess(t, directory).ask(), { opened: 0 });
});
