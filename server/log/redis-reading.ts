import { decodeChecked } from './checked-text.ts';
import { LogError, type Snapshot } from './log.ts';
import { type Batch, batchOf, decodeBody } from './redis-batch.ts';
import type { Reply } from './redis-link.ts';
import { REDIS_FORMAT } from './redis-scripts.ts';

export function corrupt(roomId: string, what: string): LogError {
  return new LogError('LOG_CORRUPT', `the log of room ${JSON.stringify(roomId)} ${what}; restore a backup`);
}

/** Where a log stands when it is opened. */
export interface Start {
  readonly epoch: string;
  /** The offset that comes next, and the batch before it. */
  readonly next: number;
  readonly last: string;
  readonly snapshot: Snapshot | undefined;
  readonly tail: readonly string[];
}

/** Reads the answer to the script that opens a room. Throws a LogError, LOG_CORRUPT. */
export function readOpening(roomId: string, reply: Reply): Start {
  const [word, epoch, first, next, last, offset, state] = reply.slice(0, 7).map(String);
  if (word !== 'open') throw corrupt(roomId, refusals[String(word)]?.(epoch ?? '') ?? 'is damaged');
  const end = Number(next);
  const snapshotOffset = offset === '' ? undefined : Number(offset);
  const after = (snapshotOffset ?? 0) + 1;
  for (const number of [Number(first), end, after])
    if (!Number.isSafeInteger(number) || number < 1 || number > end)
      throw corrupt(roomId, 'has a damaged record');
  const snapshot =
    snapshotOffset === undefined ? undefined : readSnapshot(roomId, snapshotOffset, reply[6] as Buffer);
  if (snapshot === undefined && state !== '') throw corrupt(roomId, 'has a damaged record');
  const batches = batchesOf(roomId, reply[7] as Reply);
  const tail = entriesFrom(roomId, batches, after, end);
  const newest = batches.at(-1)?.id ?? (end === 1 ? epoch : last);
  if (newest !== last) throw corrupt(roomId, 'does not end with the batch that was appended last');
  return { epoch: String(epoch), next: end, last: String(last), snapshot, tail };
}

const refusals: Readonly<Record<string, (found: string) => string>> = {
  orphaned: () => 'has entries or a snapshot but no record',
  format: (found) =>
    `has format ${JSON.stringify(found)}, and this program reads ${REDIS_FORMAT}: it is another program's, or a newer version's`,
  damaged: () => 'has a damaged record',
  snapshotless: (offset) => `has no snapshot at offset ${offset}`,
};

function readSnapshot(roomId: string, offset: number, stored: Buffer): Snapshot {
  const state = decodeChecked(stored);
  if (state === undefined) throw corrupt(roomId, `has a damaged snapshot at offset ${offset}`);
  return { offset, state };
}

/** Throws a LogError, LOG_CORRUPT. */
export function batchesOf(roomId: string, found: Reply): Batch[] {
  return found.map((one) => {
    const batch = batchOf(one as unknown as [Buffer, Buffer[]]);
    if (batch === undefined) throw corrupt(roomId, 'has something in its stream that is no batch');
    return batch;
  });
}

/** The entries from one offset to before another, all of them. Throws a LogError, LOG_CORRUPT. */
export function entriesFrom(roomId: string, batches: readonly Batch[], from: number, end: number): string[] {
  const entries: string[] = [];
  let before: Batch | undefined;
  for (const batch of batches) {
    if (from + entries.length >= end) break;
    const at = from + entries.length;
    const follows =
      before === undefined ? batch.first <= at : batch.first === at && batch.previous === before.id;
    const texts = follows ? decodeBody(batch) : undefined;
    if (texts === undefined) throw corrupt(roomId, `has a damaged batch at offset ${at}`);
    for (let index = at - batch.first; index < texts.length && from + entries.length < end; index++)
      entries.push(texts[index] as string);
    before = batch;
  }
  if (from + entries.length < end) throw corrupt(roomId, `misses offset ${from + entries.length}`);
  return entries;
}
