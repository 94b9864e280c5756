import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { missing } from '../support/program.ts';
import { startLogProcess } from './lmdb-process.ts';

const CALLS = 'trace=openat,write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync';
const noStrace =
  missing('strace', ['-V']) ||
  // A right that a container may not have, whatever is installed in it.
  (spawnSync('strace', ['-o', '/dev/null', 'true']).status !== 0 && 'processes may not be traced here');

t.test('nothing is answered before the disk has it', { skip: noStrace }, async (t) => {
  const directory = t.testdir();
  const trace = join(t.testdirName, 'trace');
  const writer = startLogProcess(t, directory, undefined, ['strace', '-f', '-y', '-o', trace, '-e', CALLS]);
  t.same(await writer.ask(), { opened: 0 });
  for (let stored = 1; stored <= 5; stored++) t.same(await writer.ask('append 1 9000'), { stored });
  const exited = once(writer.child, 'exit');
  writer.child.stdin?.end();
  await exited;

  const answers = [...untilAnswered(readFileSync(trace, 'utf8'))];
  t.equal(answers.length, 6, 'the opening, and five appends');
  for (const { written, synced, unsynced } of answers) {
    t.ok(written > 0, 'it wrote');
    t.ok(synced > 0, 'it waited for the disk');
    t.equal(unsynced, 0, 'and nothing that it wrote was left to be lost with the power');
  }
});

/** What happened to the store's file before each answer, by the calls to the system as strace tells them. */
function* untilAnswered(trace: string): Generator<{ written: number; synced: number; unsynced: number }> {
  const inSync = new Set<string>();
  const begun = new Map<string, string>();
  let counts = { written: 0, synced: 0, unsynced: 0 };
  for (const line of trace.split('\n')) {
    const [, thread = '', told = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, rest] = /^<\.\.\. \w+ resumed>(.*)$/.exec(told) ?? [];
    // One that another thread interrupts is told in two lines.
    const call = rest === undefined ? told : (begun.get(thread) ?? '') + rest;
    const [, name = '', descriptor = ''] = /^(\w+)\((\d+)<[^>]*data\.mdb>/.exec(call) ?? [];
    const isOver = !call.endsWith('<unfinished ...>');
    if (!isOver) begun.set(thread, call.replace(/<unfinished \.\.\.>$/, ''));
    // From its beginning.
    if (/write/.test(name) && rest === undefined) {
      counts.written += 1;
      // What is written through such a descriptor is on the disk once the call is over.
      if (!inSync.has(descriptor)) counts.unsynced += 1;
    }
    if (/sync/.test(name) && / = 0$/.test(call))
      counts = { ...counts, synced: counts.synced + 1, unsynced: 0 };
    const [, opened = ''] = /^openat\(.* = (\d+)</.exec(call) ?? [];
    if (/data\.mdb".*O_DSYNC/.test(call)) inSync.add(opened);
    else inSync.delete(opened);
    if (/^write\(1</.test(call) && isOver) {
      yield counts;
      counts = { written: 0, synced: 0, unsynced: 0 };
    }
  }
}
