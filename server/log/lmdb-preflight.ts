import { existsSync } from 'node:fs';
import { access, constants, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What LMDB needs at once: two pages for a new store, a few more for its first transaction. */
const ROOM_BYTES = 64 * 1024;
/** At least what LMDB makes of its table of readers. */
const READERS_BYTES = 16 * 1024;

/**
 * Tries what LMDB will need when it opens `directory`: where the native code cannot open, extend or map its
 * files it does not report that but crashes.
 *
 * @throws the system's error: no space, no right to write.
 */
export async function checkLmdbCanOpen(directory: string): Promise<void> {
  const file = join(directory, 'data.mdb');
  if (existsSync(file)) await access(file, constants.R_OK | constants.W_OK);
  else await tryRoom(directory);
  // Mapped, and written through the map: its blocks have to exist before.
  await fill(join(directory, 'lock.mdb'), READERS_BYTES);
}

/** Rejects with the system's error when `directory` does not take another 64 KiB. */
export async function tryRoom(directory: string): Promise<void> {
  const file = join(directory, 'room');
  try {
    await fill(file, ROOM_BYTES);
  } finally {
    await rm(file, { force: true });
  }
}

async function fill(file: string, bytes: number): Promise<void> {
  const size = existsSync(file) ? (await stat(file)).size : 0;
  const handle = await open(file, existsSync(file) ? 'r+' : 'w');
  try {
    for (let at = size; at < bytes; )
      at += (await handle.write(Buffer.alloc(bytes - at), 0, bytes - at, at)).bytesWritten;
    await handle.sync();
  } finally {
    await handle.close();
  }
}
