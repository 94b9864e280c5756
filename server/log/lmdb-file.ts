import { randomBytes } from 'node:crypto';

/** What a store keeps of the file that it lives in, by which it knows that it was copied. */
export interface StoreFile {
  readonly inode: string;
  /** When the file was made, in nanoseconds since 1970; absent where that is not known. */
  readonly born?: string;
  /** Follows every epoch that is told outside: random for each copy, empty before the first one. */
  readonly generation: string;
}

export interface FileStats {
  readonly ino: bigint;
  readonly birthtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** 8 characters: with the epoch before it at most 32. */
const GENERATION_BYTES = 6;

/**
 * What a store that was opened in a file is to keep of it: as it was where it is the same file, and a new generation
 * where it is another one. That is a copy, whose original may have gone on: the numbers in both are the same, and
 * what they stand for is not.
 *
 * @param known what it has kept; undefined: nothing yet
 */
export function fileOf({ ino, birthtimeNs, ctimeNs }: FileStats, known: StoreFile | undefined): StoreFile {
  const inode = String(ino);
  const birth = String(birthtimeNs);
  // An inode is given to another file once its own is removed.
  const isCopy = known !== undefined && (known.inode !== inode || (known.born ?? birth) !== birth);
  const generation = isCopy ? randomBytes(GENERATION_BYTES).toString('base64url') : (known?.generation ?? '');
  // Systems that do not know it say 0, or the time of the last change: by that one each start would be a copy.
  const isTold = birthtimeNs !== 0n && birthtimeNs !== ctimeNs;
  return { inode, ...(isTold || known?.born === birth ? { born: birth } : {}), generation };
}
