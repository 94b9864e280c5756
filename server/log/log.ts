/**
 * The port of the log: for every room an ordered, durable sequence of entries, and at most one snapshot.
 *
 * Entries and snapshots are opaque text to the log. Offsets count the entries of a room from 1, without gaps.
 *
 * Guarantees that every implementation gives (test/contract/log.ts runs them on each):
 * 1. **Order.** Every listener of a room sees the same batches in the same order, each exactly once.
 * 2. **Atomic batches.** A batch is stored whole or not at all.
 * 3. **Durability.** `append` resolves only after the batch is durable and this opening's listener has been
 *    called with it. A rejected `append` with `retryable` has stored nothing. One that is rejected with
 *    LOG_UNCERTAIN may be stored, once, also where the same array is appended again: then its listener is called
 *    as for any batch.
 * 4. **Nothing is emptied.** A store that cannot be understood is refused, never reset.
 */
export interface Log {
  /**
   * Opens the log of a room, creating an empty one with a new epoch if there is none. `listener` is called
   * once for each batch that is appended from here on, in the order of offsets, this node's own included. It
   * must not throw. One opening per room and process at a time.
   */
  open(roomId: string, listener: LogListener, events?: OpeningEvents): Promise<RoomLog>;
  /**
   * Where the log of a room stands, whether it is open or not: its epoch, and the offset of its last entry (0: it
   * has none). Undefined: there is none of this room. Rejects with {@link LogError}.
   */
  head(roomId: string): Promise<Head | undefined>;
  /** Other processes append, too, and only who has a room open hears of it. */
  readonly isShared?: true;
  /** An append takes a sync to disk or a way to another process: those of a tick are better made at once. */
  readonly isCostly?: true;
  /** False while appends fail (disk full, log server away): `/ready` says so. */
  writable(): boolean;
  /** Waits for appends under way, then releases the store. */
  close(): Promise<void>;
}

/** `first`: the offset of `entries[0]`. */
export type LogListener = (first: number, entries: readonly string[]) => void;

export interface Head {
  readonly epoch: string;
  readonly offset: number;
}

/** What happens to an opening where several nodes share a store; never elsewhere. None may throw. */
export interface OpeningEvents {
  /**
   * The opening has ended by itself: another node has dropped the room, or what this one has not heard of, or
   * has been told, is not kept any more. It has to be opened anew. Called once, when nothing is under way any more.
   */
  onEnded?(error: LogError): void;
  /** What another node had appended was not heard of: it is read. */
  onMissed?(): void;
  /** Another node told something to those that have the room open. */
  onTold?(text: string): void;
}

export interface Snapshot {
  /** The last offset that the state includes; 0 for none. */
  readonly offset: number;
  readonly state: string;
}

export interface RoomLog {
  /** Names one life of this log: 8 to 32 characters, new whenever the log starts from nothing, or in a copy on disk. */
  readonly epoch: string;
  /** As of the opening. */
  readonly snapshot: Snapshot | undefined;
  /** The entries after the snapshot (from offset 1 without one), as of the opening. */
  readonly tail: readonly string[];
  /**
   * Appends a batch. Callers wait for one append before the next. The listener of this opening is given the
   * same array, by which it knows its own: do not change it afterwards. Rejects with {@link LogError}.
   */
  append(entries: readonly string[]): Promise<void>;
  /**
   * Up to `limit` entries from offset `from` on; `undefined` where `from` lies before the oldest entry kept.
   * An offset past the end gives an empty list.
   */
  read(from: number, limit: number): Promise<readonly string[] | undefined>;
  /** Stores a snapshot atomically in place of the last one, and drops entries up to `dropThrough`
   * (at most `snapshot.offset`). */
  compact(snapshot: Snapshot, dropThrough: number): Promise<void>;
  /**
   * Forgets the room: entries, snapshot and epoch. Its next opening starts a new epoch. Ends this opening. Where
   * another node has appended what this opening's listener has not been called with, nothing is forgotten.
   */
  drop(): Promise<void>;
  /** Ends this opening. */
  close(): Promise<void>;
  /**
   * Tells the other nodes that have the room open, at once, in the order of the calls and without any promise.
   * Absent where there are none.
   */
  tell?(text: string): void;
}

/** Why a log refuses.
 * - `LOG_UNAVAILABLE`: cannot be written at present (disk full, connection lost); retryable, nothing stored.
 * - `LOG_UNCERTAIN`: no answer came to an append in time: it may have been stored, or be stored later.
 * - `LOG_CORRUPT`: what is stored cannot be understood; an operator has to look.
 * - `LOG_LOCKED`: another process holds the data directory. */
export type LogErrorCode = 'LOG_UNAVAILABLE' | 'LOG_UNCERTAIN' | 'LOG_CORRUPT' | 'LOG_LOCKED';

export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  /** Nothing is stored, and this opening stores nothing any more: the next one can. */
  readonly hasEnded: boolean;
  constructor(code: LogErrorCode, message: string, options: ErrorOptions & { hasEnded?: boolean } = {}) {
    super(message, options);
    this.code = code;
    this.hasEnded = options.hasEnded ?? false;
  }
  get retryable(): boolean {
    return this.code === 'LOG_UNAVAILABLE';
  }
}
