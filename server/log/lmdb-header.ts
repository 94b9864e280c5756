import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { firstPageBeyond } from './lmdb-pages.ts';
import { LogError } from './log.ts';

/*
 * LMDB maps its file into memory and follows page numbers without looking: on a truncated file the process
 * dies of SIGBUS. So the file is looked at before LMDB sees it. Layout: `MDB_meta` in LMDB's mdb.c, data
 * version 2, 64 bit, little endian. Page 0 and page 1 each hold one meta record; the higher transaction wins.
 */
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_FLAGS = 18;
const META_PAGE = 0x08;
const META = { magic: 24, version: 28, pageBytes: 48, freeRoot: 88, mainRoot: 136, lastPage: 144, txn: 152 };
const META_END = 168;
const SMALLEST_PAGE_BYTES = 256;
const LARGEST_PAGE_BYTES = 65536;

export interface StoreHeader {
  readonly pageBytes: number;
  /** The highest page number that the newest transaction knows. */
  readonly lastPage: number;
  readonly txn: bigint;
  /** Pages where the trees of free pages and of named databases start; `undefined` while empty. */
  readonly roots: readonly (number | undefined)[];
}

/**
 * Reads, and never changes, the file of a store.
 *
 * @param file - Path of `data.mdb`.
 * @throws LogError `LOG_CORRUPT` when the file is empty, is not LMDB's, is of another version of its format,
 *   or ends before the last page in use.
 */
export function checkStoreFile(file: string): StoreHeader {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) throw unusable(file, 'it is empty');
    const first = readMeta(descriptor, 0, file);
    const second = readMeta(descriptor, first.pageBytes, file);
    const newest = second.txn > first.txn ? second : first;
    const needed = (newest.lastPage + 1) * newest.pageBytes;
    // LMDB does not write a page that was allocated and freed within one transaction. A whole file may
    // therefore be shorter than its last page, as long as nothing in use lies beyond its end.
    if (size < needed && isCutOff(descriptor, size, newest))
      throw unusable(file, `it is cut off: ${size} bytes, where ${needed} are expected`);
    return newest;
  } finally {
    closeSync(descriptor);
  }
}

function isCutOff(descriptor: number, size: number, header: StoreHeader): boolean {
  try {
    return firstPageBeyond(descriptor, size, header) !== undefined;
  } catch (error) {
    // Pages that cannot be followed are damaged, too.
    if (error instanceof RangeError) return true;
    throw error;
  }
}

function readMeta(descriptor: number, position: number, file: string): StoreHeader {
  const bytes = Buffer.alloc(META_END);
  if (readSync(descriptor, bytes, 0, META_END, position) < META_END)
    throw unusable(file, 'it is cut off within its header');
  if (bytes.readUInt32LE(META.magic) !== MAGIC || !(bytes.readUInt16LE(PAGE_FLAGS) & META_PAGE))
    throw unusable(file, 'it is not an LMDB file, or its header is damaged');
  const version = bytes.readUInt16LE(META.version);
  if (version !== DATA_VERSION)
    throw unusable(
      file,
      `it has version ${version} of the LMDB format, and this program reads ${DATA_VERSION}`,
    );
  const pageBytes = bytes.readUInt32LE(META.pageBytes);
  const powerOfTwo = (pageBytes & (pageBytes - 1)) === 0;
  if (!powerOfTwo || pageBytes < SMALLEST_PAGE_BYTES || pageBytes > LARGEST_PAGE_BYTES)
    throw unusable(file, `its header is damaged: a page size of ${pageBytes}`);
  return {
    pageBytes,
    lastPage: Number(bytes.readBigUInt64LE(META.lastPage)),
    txn: bytes.readBigUInt64LE(META.txn),
    roots: [readRoot(bytes, META.freeRoot), readRoot(bytes, META.mainRoot)],
  };
}

/** A root page number; all bits set stand for an empty tree. */
export function readRoot(bytes: Buffer, position: number): number | undefined {
  const page = bytes.readBigUInt64LE(position);
  return page === 0xffff_ffff_ffff_ffffn ? undefined : Number(page);
}

function unusable(file: string, why: string): LogError {
  return new LogError(
    'LOG_CORRUPT',
    `${file} cannot be used: ${why}. It was left as it is. Restore it from a backup, or move it away to start empty`,
  );
}
