import { checkCompaction } from './compaction.ts';
import { createEpoch } from './epoch.ts';
import { type Log, LogError, type LogListener, type RoomLog, type Snapshot } from './log.ts';

/** What is kept of one room. `entries[0]` has offset `first`. */
interface Kept {
  readonly epoch: string;
  first: number;
  entries: string[];
  snapshot: Snapshot | undefined;
}

/**
 * The log in this process's memory: the reference implementation, and the store of tests and of trial runs.
 * Rooms stay for the life of the instance; nothing outlives the process.
 *
 * @param options.newEpoch - Names a new life of a room's log; random by default.
 */
export function createMemoryLog(options: { readonly newEpoch?: () => string } = {}): Log {
  const newEpoch = options.newEpoch ?? createEpoch;
  const rooms = new Map<string, Kept>();
  const opened = new Set<string>();
  let closed = false;

  return {
    async open(roomId, listener) {
      if (closed) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      if (opened.has(roomId)) throw new Error(`the log of room ${roomId} is already open`);
      let kept = rooms.get(roomId);
      if (!kept) {
        kept = { epoch: newEpoch(), first: 1, entries: [], snapshot: undefined };
        rooms.set(roomId, kept);
      }
      opened.add(roomId);
      return openRoom(kept, listener, {
        closed: () => closed,
        end: () => opened.delete(roomId),
        forget: () => rooms.delete(roomId),
      });
    },
    async head(roomId) {
      if (closed) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      const kept = rooms.get(roomId);
      return kept && { epoch: kept.epoch, offset: kept.first + kept.entries.length - 1 };
    },
    writable: () => !closed,
    async close() {
      closed = true;
    },
  };
}

interface Opening {
  closed(): boolean;
  end(): void;
  forget(): void;
}

function openRoom(kept: Kept, listener: LogListener, opening: Opening): RoomLog {
  let ended = false;
  const check = (): void => {
    if (ended || opening.closed()) throw new LogError('LOG_UNAVAILABLE', 'this opening of the log has ended');
  };
  const end = (): void => {
    if (!ended) opening.end();
    ended = true;
  };

  return {
    epoch: kept.epoch,
    snapshot: kept.snapshot,
    tail: kept.entries.slice((kept.snapshot?.offset ?? 0) + 1 - kept.first),
    async append(entries) {
      check();
      if (entries.length === 0) return;
      const first = kept.first + kept.entries.length;
      for (const entry of entries) kept.entries.push(entry);
      // Never within the caller's own turn: with a disk below it could not be.
      await Promise.resolve();
      listener(first, entries);
    },
    async read(from, limit) {
      check();
      if (from < kept.first) return undefined;
      const start = from - kept.first;
      return kept.entries.slice(start, start + limit);
    },
    async compact(snapshot, dropThrough) {
      check();
      checkCompaction(snapshot, dropThrough, kept.snapshot?.offset, kept.first + kept.entries.length - 1);
      kept.snapshot = { ...snapshot };
      const dropped = Math.max(0, dropThrough + 1 - kept.first);
      kept.entries = kept.entries.slice(dropped);
      kept.first += dropped;
    },
    async drop() {
      check();
      opening.forget();
      end();
    },
    async close() {
      end();
    },
  };
}
