import type { Clock } from '../clock.ts';
import type { Log } from '../log/log.ts';
import type { Entry } from '../room/entry.ts';

const AGAIN_MS = 1000;

export interface DeferredEntriesOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Pick<Log, 'writable'>;
  submit(roomId: string, entry: Entry): void;
}

/**
 * What has to happen in rooms that could not be opened, which is tried until they can be: above all leaves, one of
 * each who was in there, or on the way, and has gone.
 */
export class DeferredEntries {
  readonly #options: DeferredEntriesOptions;
  readonly #rooms = new Map<string, { entries: Entry[]; cancel(): void }>();
  #closed = false;

  constructor(options: DeferredEntriesOptions) {
    this.#options = options;
  }

  /** It is submitted again. */
  keep(roomId: string, entry: Entry): void {
    if (this.#closed) return;
    const before = this.#rooms.get(roomId);
    if (before !== undefined) return void before.entries.push(entry);
    this.#rooms.set(roomId, { entries: [entry], cancel: this.#wait(roomId) });
  }

  /** For a room that is opened: it comes before all that is submitted there from here on. */
  take(roomId: string): readonly Entry[] {
    const due = this.#rooms.get(roomId);
    this.#rooms.delete(roomId);
    due?.cancel();
    return due?.entries ?? [];
  }

  #wait(roomId: string): () => void {
    const { clock, log, submit } = this.#options;
    return clock.after(AGAIN_MS, () => {
      const due = this.#rooms.get(roomId);
      // No attempt can succeed.
      if (due !== undefined && !log.writable()) due.cancel = this.#wait(roomId);
      else for (const one of this.take(roomId)) submit(roomId, one);
    });
  }

  /** Nothing is kept any more: when this node is gone, so are all whom it held. */
  close(): void {
    this.#closed = true;
    for (const roomId of [...this.#rooms.keys()]) this.take(roomId);
  }
}
