import { type FileHandle, open } from 'node:fs/promises';

/** Written at once, so that most commits find their room made. */
const STEP_BYTES = 1024 * 1024;
/** A change may split and copy every page on the way to it; and each commit writes some of LMDB's own. */
const PAGES_PER_WRITE = 4;
const OWN_PAGES = 64;

/** Makes sure that a commit finds its pages on the disk. */
export interface Headroom {
  /** @throws the system's error: no space; then nothing was given to LMDB. */
  prepare(lastPage: number, writes: readonly { readonly value: Buffer | undefined }[]): Promise<void>;
  close(): Promise<void>;
}

/**
 * LMDB's own report of a page that cannot be written overruns a buffer and ends the process
 * (lmdb 3.5.6, mdb_page_flush). So the file is lengthened here, where a full disk is an error like others.
 */
export async function openHeadroom(file: string, pageBytes = 4096): Promise<Headroom> {
  const handle: FileHandle = await open(file, 'r+');
  let size = (await handle.stat()).size;
  return {
    async prepare(lastPage, writes) {
      const bytes = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      const pages = lastPage + 1 + OWN_PAGES + PAGES_PER_WRITE * writes.length;
      const needed = pages * pageBytes + bytes;
      if (needed <= size) return;
      // LMDB may have lengthened it itself.
      size = Math.max(size, (await handle.stat()).size);
      const end = needed + STEP_BYTES;
      while (size < end) {
        const zeros = Buffer.alloc(Math.min(STEP_BYTES, end - size));
        const { bytesWritten } = await handle.write(zeros, 0, zeros.length, size).catch((error) => {
          // What is needed now is there, if not what later commits need.
          if (size >= needed) return { bytesWritten: 0 };
          throw error;
        });
        if (bytesWritten === 0) return;
        size += bytesWritten;
      }
    },
    close: () => handle.close(),
  };
}
