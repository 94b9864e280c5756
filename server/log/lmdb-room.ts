import { decodeChecked, encodeChecked } from './checked-text.ts';
import { checkCompaction } from './compaction.ts';
import type { GroupCommit, Write } from './group-commit.ts';
import type { LmdbStore, TableName } from './lmdb-store.ts';
import { LogError, type LogListener, type RoomLog, type Snapshot } from './log.ts';

/**
 * A long log is shortened with each append by a little more than it grows, and the rest when it is closed: more at
 * once would keep the appends of all rooms waiting for tens of milliseconds.
 */
const DROPPED_BEYOND_GROWTH = 2;
const DROPPED_AT_ONCE = 100;

/** What is stored of a room beside its entries and its snapshot. */
export interface RoomRecord {
  /** Without the store's generation. */
  readonly epoch: string;
  /** The oldest offset kept; `next` when none is. */
  readonly first: number;
  /** The offset that the next entry gets. */
  readonly next: number;
  /** Absent without a snapshot. */
  readonly snapshotOffset?: number;
}

export interface RoomOpening {
  readonly roomId: string;
  readonly store: LmdbStore;
  readonly commits: GroupCommit<TableName>;
  readonly listener: LogListener;
  /** Called once, when this opening has ended. */
  readonly ended: () => void;
}

/**
 * Opens one room on a store.
 *
 * @throws LogError `LOG_CORRUPT` when an entry is missing or what is stored is not what was written.
 */
export async function openLmdbRoom(opening: RoomOpening, newEpoch: () => string): Promise<RoomLog> {
  const { roomId, store, commits } = opening;
  let record = readRecord(store, roomId);
  if (!record) {
    checkEmpty(store, roomId);
    record = { epoch: newEpoch(), first: 1, next: 1 };
    await commits.commit([recordWrite(roomId, record)]);
  }
  checkContiguous(store, roomId, record);
  const snapshot = readSnapshot(store, roomId, record);
  const tail = readEntries(store, roomId, (snapshot?.offset ?? 0) + 1, record.next);
  return createRoomLog(opening, record, snapshot, tail);
}

function createRoomLog(
  opening: RoomOpening,
  initial: RoomRecord,
  initialSnapshot: Snapshot | undefined,
  tail: readonly string[],
): RoomLog {
  const { roomId, store, commits } = opening;
  let record = initial;
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();
  /** The oldest offset that is still read; what is stored before it goes with the next appends. */
  let kept = initial.first;

  // Changes of one room run one after the other: each starts from the record that the last one stored.
  const inTurn = <Result>(action: () => Promise<Result>): Promise<Result> => {
    const result = last.then(() => {
      if (ended) throw new LogError('LOG_UNAVAILABLE', 'this opening of the log has ended');
      return action();
    });
    last = result.catch(() => {});
    return result;
  };
  const change = async (next: RoomRecord, writes: readonly Write<TableName>[]): Promise<void> => {
    await commits.commit([...writes, recordWrite(roomId, next)]);
    record = next;
  };
  /** The writes that drop up to `most` entries, and the offset of the oldest one left. */
  const droppingAtMost = (most: number): { first: number; dropping: Write<TableName>[] } => {
    const first = Math.min(kept, record.first + most);
    return { first, dropping: removals(roomId, record.first, first) };
  };
  const dropRest = async (): Promise<void> => {
    while (record.first < kept) {
      const { first, dropping } = droppingAtMost(DROPPED_AT_ONCE);
      await change({ ...record, first }, dropping);
    }
  };
  const end = (): void => {
    if (!ended) opening.ended();
    ended = true;
  };

  return {
    epoch: epochOf(store, initial),
    snapshot: initialSnapshot,
    tail,
    append(entries) {
      const values = entries.map(encodeChecked);
      return inTurn(async () => {
        if (entries.length === 0) return;
        const { next } = record;
        const { first, dropping } = droppingAtMost(entries.length + DROPPED_BEYOND_GROWTH);
        const writes = values.map((value, index) => entryWrite(roomId, next + index, value));
        await change({ ...record, first, next: next + entries.length }, [...dropping, ...writes]);
        opening.listener(next, entries);
      });
    },
    async read(from, limit) {
      if (ended) throw new LogError('LOG_UNAVAILABLE', 'this opening of the log has ended');
      if (from < kept) return undefined;
      return readEntries(store, roomId, from, Math.min(record.next, from + limit));
    },
    compact: (snapshot, dropThrough) =>
      inTurn(async () => {
        checkCompaction(snapshot, dropThrough, record.snapshotOffset, record.next - 1);
        await change({ ...record, snapshotOffset: snapshot.offset }, [
          { table: 'snapshots', key: [roomId], value: encodeChecked(snapshot.state) },
        ]);
        kept = Math.max(kept, dropThrough + 1);
      }),
    drop: () =>
      inTurn(async () => {
        await commits.commit([
          ...removals(roomId, record.first, record.next),
          { table: 'snapshots', key: [roomId], value: undefined },
          { table: 'rooms', key: [roomId], value: undefined },
        ]);
        end();
      }),
    async close() {
      await inTurn(dropRest).catch(() => {});
      end();
    },
  };
}

function recordWrite(roomId: string, record: RoomRecord): Write<TableName> {
  return { table: 'rooms', key: [roomId], value: encodeChecked(JSON.stringify(record)) };
}

function entryWrite(roomId: string, offset: number, value: Buffer | undefined): Write<TableName> {
  return { table: 'entries', key: [roomId, offset], value };
}

function removals(roomId: string, from: number, end: number): Write<TableName>[] {
  return Array.from({ length: end - from }, (_, index) => entryWrite(roomId, from + index, undefined));
}

/** As it is told outside: a copy of the store goes on from the same entries to others. */
export function epochOf({ generation }: LmdbStore, { epoch }: RoomRecord): string {
  return epoch + generation;
}

/** Undefined: there is none; whether there should be one shows when the room is opened. */
export function readRecord(store: LmdbStore, roomId: string): RoomRecord | undefined {
  const stored = store.rooms.get([roomId]);
  if (!stored) return undefined;
  const text = decodeChecked(stored);
  if (text === undefined) throw corrupt(roomId, 'has a damaged record');
  return JSON.parse(text) as RoomRecord;
}

function checkEmpty(store: LmdbStore, roomId: string): void {
  for (const key of store.entries.getKeys({ ...offsets(roomId, 0), limit: 1 }))
    throw corrupt(roomId, `has an entry at offset ${key[1]} but no record`);
}

function checkContiguous(store: LmdbStore, roomId: string, record: RoomRecord): void {
  let expected = record.first;
  for (const [, offset] of store.entries.getKeys(offsets(roomId, 0))) {
    if (offset !== expected) throw corrupt(roomId, `has offset ${offset} where ${expected} is expected`);
    expected++;
  }
  if (expected !== record.next) throw corrupt(roomId, `ends before offset ${expected}, not ${record.next}`);
}

function readSnapshot(store: LmdbStore, roomId: string, record: RoomRecord): Snapshot | undefined {
  const offset = record.snapshotOffset;
  if (offset === undefined) return undefined;
  const stored = store.snapshots.get([roomId]);
  const state = stored && decodeChecked(stored);
  if (state === undefined) throw corrupt(roomId, `has a damaged snapshot at offset ${offset}`);
  return { offset, state };
}

function readEntries(store: LmdbStore, roomId: string, from: number, end: number): string[] {
  const entries: string[] = [];
  if (from >= end) return entries;
  for (const { key, value } of store.entries.getRange(offsets(roomId, from, end))) {
    const text = key[1] === from + entries.length ? decodeChecked(value) : undefined;
    if (text === undefined) throw corrupt(roomId, `has a damaged entry at offset ${key[1]}`);
    entries.push(text);
  }
  if (from + entries.length !== end) throw corrupt(roomId, `misses offset ${from + entries.length}`);
  return entries;
}

function offsets(roomId: string, start: number, end = Number.MAX_SAFE_INTEGER) {
  return { start: [roomId, start], end: [roomId, end] };
}

function corrupt(roomId: string, what: string): LogError {
  return new LogError('LOG_CORRUPT', `the log of room ${JSON.stringify(roomId)} ${what}; restore a backup`);
}
