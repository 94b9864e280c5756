import type { Clock } from '../clock.ts';
import type { Happening, OperationsHappening } from './happening.ts';

/** A happening that waits to be told; `missed`: how many before it, of the same room, were dropped. */
export interface Waiting {
  readonly id: string;
  readonly happening: Happening & { readonly missed?: number };
  readonly bytes: number;
  /** Monotonic: so long it waits for more that is told with it. */
  readonly dueAt: number;
}

/** Of one request. */
const MOST_CHANGES = 1000;
const MOST_BYTES = 1_048_576;

/** What waits of one room, in its order. */
export class WaitingRoom {
  readonly roomId: string;
  readonly items: Waiting[] = [];
  /** Its first ones are under way. */
  busy = false;
  /** Attempts since one was accepted. */
  failures = 0;
  #waking: (() => void) | undefined;

  constructor(roomId: string) {
    this.roomId = roomId;
  }

  /** What is told at once: the first one, and with operations those that follow. */
  batch(): Waiting[] {
    const batch: Waiting[] = [];
    let [changes, bytes] = [0, 0];
    for (const one of this.items) {
      const count = changesOf(one.happening);
      const isFull = changes + count > MOST_CHANGES || bytes + one.bytes > MOST_BYTES;
      // What was dropped before it can be said of a first one only.
      const isBehind = count === 0 || isFull || one.happening.missed !== undefined;
      if (batch.length > 0 && isBehind) break;
      batch.push(one);
      changes += count;
      bytes += one.bytes;
      if (count === 0) break;
    }
    return batch;
  }

  /** Whether what comes next may belong to it. */
  mayGrow(batch: readonly Waiting[]): boolean {
    const changes = batch.reduce((sum, { happening }) => sum + changesOf(happening), 0);
    const bytes = batch.reduce((sum, one) => sum + one.bytes, 0);
    return changes > 0 && batch.length === this.items.length && changes < MOST_CHANGES && bytes < MOST_BYTES;
  }

  /** Resolves after a time, or when it is woken; one wait at a time. */
  wait(clock: Pick<Clock, 'after'>, delayMs: number, then = () => {}): Promise<void> {
    this.wake();
    return new Promise((resolve) => {
      const end = () => {
        this.#waking = undefined;
        resolve();
      };
      const cancel = clock.after(delayMs, () => {
        end();
        then();
      });
      this.#waking = () => {
        cancel();
        end();
      };
    });
  }

  wake(): void {
    this.#waking?.();
  }
}

function changesOf(happening: Happening): number {
  return happening.type === 'room.operations' ? happening.changes.length : 0;
}

/** As it is sent: `{type, timestamp, data}`. The id is another one whenever the content is. */
export function messageOf(batch: readonly Waiting[]): { id: string; body: string } {
  const [first, last] = [batch[0] as Waiting, batch.at(-1) as Waiting];
  const { type, at, ...data } = first.happening;
  const whole =
    type === 'room.operations'
      ? { ...data, changes: batch.flatMap((one) => (one.happening as OperationsHappening).changes) }
      : data;
  return {
    id: first === last ? first.id : `${first.id}-${last.id}`,
    body: JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: whole }),
  };
}
