import { existsSync } from 'node:fs';
import { mkdir, open as openFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { decodeChecked, encodeChecked } from './checked-text.ts';
import type { Write } from './group-commit.ts';
import { fileOf, type StoreFile } from './lmdb-file.ts';
import { checkStoreFile } from './lmdb-header.ts';
import { type Headroom, openHeadroom } from './lmdb-headroom.ts';
import { checkLmdbCanOpen } from './lmdb-preflight.ts';
import { LogError } from './log.ts';

/** `store`: what concerns all of it. */
export type TableName = 'store' | 'rooms' | 'snapshots' | 'entries' | 'probe';
export type StoreKey = (string | number)[];
export type Table = Database<Buffer, StoreKey>;

/** The store's file and its tables. Reading is synchronous, from memory that maps the file. */
export interface LmdbStore {
  /** Follows every epoch that is told outside; empty where the store was never copied. */
  readonly generation: string;
  /** Key `[roomId]`, value: JSON of `RoomRecord`. */
  readonly rooms: Table;
  /** Key `[roomId]`, value: the state. Its offset is in the room's record. */
  readonly snapshots: Table;
  /** Key `[roomId, offset]`, value: the entry. */
  readonly entries: Table;
  /** Stores all of `writes`, or nothing; resolves when they are on disk. */
  write(writes: readonly Write<TableName>[]): Promise<void>;
  /** Why LMDB takes no more writes in this process; `undefined` while it does. */
  broken(): string | undefined;
  close(): Promise<void>;
}

/** Raised when what is stored changes so that an older program would misread it. */
export const STORE_FORMAT = 1;
const FORMAT_KEY: StoreKey = ['format'];
/** JSON of {@link StoreFile}. Stores of earlier builds have none. */
const FILE_KEY: StoreKey = ['file'];
const STORE_FILE = 'data.mdb';
const TABLES: readonly TableName[] = ['rooms', 'snapshots', 'entries', 'probe'];

/**
 * Opens the store in `directory`, which this process must hold alone, and creates it where there is none. One that
 * was copied there begins another generation.
 *
 * @param onCopy called where it was copied since it was opened last
 * @throws LogError `LOG_CORRUPT` when the file is damaged, or of a newer or foreign format; it is not changed.
 *   `LOG_UNAVAILABLE` when the directory cannot be read or written.
 */
export async function openLmdbStore(directory: string, onCopy: () => void): Promise<LmdbStore> {
  const file = join(directory, STORE_FILE);
  try {
    if (!existsSync(file)) await createStore(directory);
    checkStoreFile(file);
    await checkLmdbCanOpen(directory);
    const headroom = await openHeadroom(file);
    let root: RootDatabase<Buffer, StoreKey> | undefined;
    try {
      root = openRoot(directory);
      checkFormat(root, file);
      const known = readFile(root, file);
      const now = fileOf(await stat(file, { bigint: true }), known);
      const tables = tablesOf(root, headroom);
      const value = JSON.stringify(now);
      // Where there is no room for it, it is made anew with the next start.
      if (value !== JSON.stringify(known))
        await tables.write([{ table: 'store', key: FILE_KEY, value: encodeChecked(value) }]).catch(() => {});
      if (known !== undefined && known.generation !== now.generation) onCopy();
      return { ...tables, generation: now.generation };
    } catch (error) {
      await root?.close();
      await headroom.close();
      throw error;
    }
  } catch (error) {
    throw asLogError(error, directory);
  }
}

/** A store appears whole or not at all, so that an empty or partial file is never taken for a new one. */
async function createStore(directory: string): Promise<void> {
  const draft = join(directory, 'new');
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  await checkLmdbCanOpen(draft);
  const root = openRoot(draft);
  try {
    for (const name of TABLES) root.openDB(name, { encoding: 'binary' });
    await commit(root, () => root.put(FORMAT_KEY, encodeChecked(String(STORE_FORMAT))));
  } finally {
    await root.close();
  }
  await rename(join(draft, STORE_FILE), join(directory, STORE_FILE));
  await rm(draft, { recursive: true, force: true });
  await syncDirectory(directory);
}

async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await openFile(directory, 'r');
  await handle.sync().finally(() => handle.close());
}

function openRoot(directory: string): RootDatabase<Buffer, StoreKey> {
  return open<Buffer, StoreKey>({
    path: directory,
    // Otherwise a directory with a dot in its name is taken for a file.
    noSubdir: false,
    encoding: 'binary',
    maxDbs: TABLES.length,
    // A commit is over when it is on disk: with overlapping syncs it is visible before, and may still fail.
    overlappingSync: false,
    // The log groups writes itself. With this on, a failed commit also rejects a promise inside the package
    // that nobody can handle, and the process ends.
    eventTurnBatching: false,
  });
}

function checkFormat(root: RootDatabase<Buffer, StoreKey>, file: string): void {
  const stored = root.get(FORMAT_KEY);
  const format = stored && decodeChecked(stored);
  if (format === undefined)
    throw new LogError(
      'LOG_CORRUPT',
      `${file} has no readable format record: it is damaged, or not this log's`,
    );
  if (Number(format) !== STORE_FORMAT)
    throw new LogError(
      'LOG_CORRUPT',
      `${file} has format ${format}, and this program reads format ${STORE_FORMAT}: use the version that wrote it`,
    );
}

function readFile(root: RootDatabase<Buffer, StoreKey>, file: string): StoreFile | undefined {
  const stored = root.get(FILE_KEY);
  const text = stored && decodeChecked(stored);
  if (stored && text === undefined)
    throw new LogError('LOG_CORRUPT', `${file} has a damaged record of its file; restore a backup`);
  return text && JSON.parse(text);
}

function tablesOf(root: RootDatabase<Buffer, StoreKey>, headroom: Headroom): Omit<LmdbStore, 'generation'> {
  const table = (name: TableName): Table => root.openDB<Buffer, StoreKey>(name, { encoding: 'binary' });
  const tables = {
    store: root,
    rooms: table('rooms'),
    snapshots: table('snapshots'),
    entries: table('entries'),
    probe: table('probe'),
  };
  return {
    ...tables,
    async write(writes) {
      const { lastPageNumber } = root.getStats() as { lastPageNumber: number };
      await headroom.prepare(lastPageNumber, writes);
      await commit(root, () => {
        for (const { table, key, value } of writes) {
          if (value) tables[table].put([...key], value);
          else tables[table].remove([...key]);
        }
      });
    },
    broken() {
      try {
        root.resetReadTxn();
        root.get(FORMAT_KEY);
        return undefined;
      } catch (error) {
        return `the store failed (${(error as Error).message}) and needs a restart of the server`;
      }
    },
    async close() {
      await root.close();
      await headroom.close();
    },
  };
}

/** Runs `action` as one transaction and resolves when it is on disk; on rejection nothing of it is stored. */
async function commit(root: RootDatabase<Buffer, StoreKey>, action: () => void): Promise<void> {
  try {
    await root.batch(action);
  } catch (error) {
    // The package rejects with a general message, and keeps the reason in a promise that rejects as well:
    // unheard, that one would end the process.
    const reason = (error as { commitError?: Promise<never> }).commitError;
    throw reason ? await reason.catch((cause: unknown) => cause) : error;
  }
}

function asLogError(error: unknown, directory: string): LogError {
  if (error instanceof LogError) return error;
  const { message } = error as Error;
  return new LogError('LOG_UNAVAILABLE', `the data directory ${directory} cannot be used: ${message}`, {
    cause: error,
  });
}
