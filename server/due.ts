import type { Clock } from './clock.ts';
import type { Entry } from './room/entry.ts';

const AGAIN_MS = 1000;

/** What has to happen in rooms that could not be opened, which is tried until they can be. */
export class Due {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #submit: (roomId: string, entry: Entry) => void;
  readonly #rooms = new Map<string, { entries: Entry[]; cancel(): void }>();
  #closed = false;

  constructor(clock: Pick<Clock, 'after'>, submit: (roomId: string, entry: Entry) => void) {
    this.#clock = clock;
    this.#submit = submit;
  }

  /** It is submitted again. */
  keep(roomId: string, entry: Entry): void {
    if (this.#closed) return;
    const before = this.#rooms.get(roomId);
    if (before !== undefined) return void before.entries.push(entry);
    const cancel = this.#clock.after(AGAIN_MS, () => {
      for (const one of this.take(roomId)) this.#submit(roomId, one);
    });
    this.#rooms.set(roomId, { entries: [entry], cancel });
  }

  /** For a room that is opened: it comes before all that is submitted there from here on. */
  take(roomId: string): readonly Entry[] {
    const due = this.#rooms.get(roomId);
    this.#rooms.delete(roomId);
    due?.cancel();
    return due?.entries ?? [];
  }

  /** Nothing is kept any more: when this node is gone, so are all whom it held. */
  close(): void {
    this.#closed = true;
    for (const roomId of [...this.#rooms.keys()]) this.take(roomId);
  }
}
