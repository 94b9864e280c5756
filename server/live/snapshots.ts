import type { RoomLog } from '../log/log.ts';
import { encodeSnapshot } from '../room/snapshot.ts';
import type { RoomState } from '../room/state.ts';

/** The fewest bytes of entries that are worth a snapshot. */
const SNAPSHOT_MIN_BYTES = 256 * 1024;

/** Where fewer entries are asked for than these many bytes apiece come to, so are fewer bytes. */
const BYTES_AN_ENTRY = 256;

/** What the rooms of a process share: one of them stores its state at a time, and no append waits for more than that. */
export interface SnapshotTurn {
  taken: boolean;
}

export interface SnapshotOptions {
  /** The fewest entries between two. */
  readonly snapshotEntries: number;
  readonly snapshotTurn: SnapshotTurn;
}

/** When a room's state is stored, so that its log stays short. */
export class Snapshots {
  readonly #log: RoomLog;
  readonly #state: RoomState;
  readonly #minEntries: number;
  readonly #minBytes: number;
  readonly #turn: SnapshotTurn;
  /** What came since the last one. */
  #entries: number;
  #bytes = 0;
  #lastBytes = 0;
  #compacting: Promise<void> | undefined;

  constructor(log: RoomLog, state: RoomState, { snapshotEntries, snapshotTurn }: SnapshotOptions) {
    this.#log = log;
    this.#state = state;
    this.#minEntries = snapshotEntries;
    this.#minBytes = Math.min(SNAPSHOT_MIN_BYTES, snapshotEntries * BYTES_AN_ENTRY);
    this.#turn = snapshotTurn;
    this.#entries = log.tail.length;
  }

  count(text: string): void {
    this.#entries += 1;
    this.#bytes += text.length;
  }

  /**
   * To be called after each append: where it is another room's turn, one of the next will do. Snapshots cost as much
   * as the state is large, so they wait for as many bytes of entries.
   */
  consider(): void {
    if (this.#turn.taken || this.#entries < this.#minEntries) return;
    if (this.#bytes < Math.max(this.#minBytes, this.#lastBytes)) return;
    this.#turn.taken = true;
    this.#compacting = this.#snapshot().finally(() => {
      this.#turn.taken = false;
      this.#compacting = undefined;
    });
  }

  /** Waits for one that is under way. */
  async settled(): Promise<void> {
    await this.#compacting;
  }

  /** The last one, if it makes the next opening quicker. */
  async conclude(): Promise<void> {
    if (this.#entries > this.#minEntries / 10) await this.#snapshot();
  }

  async #snapshot(): Promise<void> {
    const { offset } = this.#state;
    this.#entries = 0;
    this.#bytes = 0;
    // One that fails is no loss: the entries are there, and the next one is tried later.
    try {
      const text = encodeSnapshot(this.#state);
      this.#lastBytes = text.length;
      await this.#log.compact({ offset, state: text }, offset);
    } catch {}
  }
}
