import { mkdir } from 'node:fs/promises';
import { type Clock, systemClock } from '../clock.ts';
import { type DirectoryLock, lockDirectory } from './directory-lock.ts';
import { createEpoch } from './epoch.ts';
import { createGroupCommit } from './group-commit.ts';
import { tryRoom } from './lmdb-preflight.ts';
import { epochOf, openLmdbRoom, readRecord } from './lmdb-room.ts';
import { openLmdbStore, type TableName } from './lmdb-store.ts';
import { type Log, LogError, type RoomLog } from './log.ts';

export interface LmdbLogOptions {
  /** Created where missing. One process at a time uses it. */
  readonly directory: string;
  /** Names a new life of a room's log, in at most 24 characters; random by default. */
  readonly newEpoch?: () => string;
  readonly clock?: Clock;
  /** How often it is tried, while appends fail, whether there is room again. Default 1000. */
  readonly probeIntervalMs?: number;
  /** The store is a copy, and opened for the first time: all its epochs are others than those of the original. */
  readonly onCopy?: () => void;
}

/** The longest room id, in bytes of UTF-8: LMDB's longest key (1978), less the offset. */
export const MAX_ROOM_ID_BYTES = 1900;
const PROBE_BYTES = 64 * 1024;

/**
 * The log on this machine's disk, in LMDB: an append is over when it is synced to disk. Appends of many rooms
 * share one sync.
 *
 * A full disk fails appends with `LOG_UNAVAILABLE` and nothing else; they work again once there is room.
 *
 * @throws LogError `LOG_LOCKED` when another process uses the directory; `LOG_CORRUPT` when the store is
 *   damaged or of another format, and then nothing on disk is changed; `LOG_UNAVAILABLE` when the directory
 *   cannot be created, read or written.
 */
export async function openLmdbLog(options: LmdbLogOptions): Promise<Log> {
  const { directory, newEpoch = createEpoch, clock = systemClock, probeIntervalMs = 1000 } = options;
  const { onCopy = () => {} } = options;
  const lock = await takeDirectory(directory);
  const store = await openLmdbStore(directory, onCopy).catch(async (error: unknown) => {
    await lock.release();
    throw error;
  });
  const commits = createGroupCommit<TableName>({
    store: store.write,
    broken: store.broken,
    tryRoom: () => tryRoom(directory),
    probe: { table: 'probe', key: ['probe'], value: Buffer.alloc(PROBE_BYTES) },
    clock,
    probeIntervalMs,
  });
  const opened = new Map<string, Promise<RoomLog>>();
  let closing: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    await Promise.allSettled([...opened.values()].map(async (room) => (await room).close()));
    await commits.close();
    await store.close();
    await lock.release();
  }

  return {
    async open(roomId, listener) {
      if (closing) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      if (Buffer.byteLength(roomId) > MAX_ROOM_ID_BYTES || roomId.includes('\0'))
        throw new RangeError(`a room id has at most ${MAX_ROOM_ID_BYTES} bytes and no NUL`);
      if (opened.has(roomId)) throw new Error(`the log of room ${roomId} is already open`);
      const ended = (): void => void opened.delete(roomId);
      const room = openLmdbRoom({ roomId, store, commits, listener, ended }, newEpoch);
      opened.set(roomId, room);
      room.catch(ended);
      return room;
    },
    async head(roomId) {
      if (closing) throw new LogError('LOG_UNAVAILABLE', 'the log is closed');
      const record = readRecord(store, roomId);
      return record && { epoch: epochOf(store, record), offset: record.next - 1 };
    },
    isCostly: true,
    writable: commits.writable,
    close() {
      closing ??= closeAll();
      return closing;
    },
  };
}

async function takeDirectory(directory: string): Promise<DirectoryLock> {
  try {
    await mkdir(directory, { recursive: true });
    return await lockDirectory(directory);
  } catch (error) {
    if (error instanceof LogError) throw error;
    const { message } = error as Error;
    throw new LogError('LOG_UNAVAILABLE', `the data directory ${directory} cannot be used: ${message}`, {
      cause: error,
    });
  }
}
