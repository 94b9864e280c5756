/*
 * A process of its own for the tests of the LMDB log: opens the directory given as argument, then answers
 * each line of input with a line of JSON.
 *   append COUNT BYTES → {stored: offset of the last entry} or {code}
 *   writable           → {writable}
 *   read               → {entries: how many}
 */
import { createInterface } from 'node:readline';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import type { LogError } from '../../server/log/log.ts';

const answer = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
const [directory = ''] = process.argv.slice(2);

try {
  const log = await openLmdbLog({ directory, probeIntervalMs: 20 });
  let stored = 0;
  const room = await log.open('room', (first, entries) => {
    stored = first + entries.length - 1;
  });
  answer({ opened: room.tail.length });
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, count, bytes] = line.split(' ');
    if (command === 'append') {
      const entries = Array.from({ length: Number(count) }, () => 'x'.repeat(Number(bytes)));
      await room.append(entries).then(
        () => answer({ stored }),
        (error: LogError) => answer({ code: error.code }),
      );
    } else if (command === 'read') answer({ entries: (await room.read(1, 1e9))?.length });
    else answer({ writable: log.writable() });
  }
  await log.close();
} catch (error) {
  answer({ code: (error as LogError).code, message: (error as Error).message });
}
