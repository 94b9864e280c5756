import type { Clock } from '../clock.ts';

/**
 * Things that are due the same time after they were set: in the order in which they were. One timer serves
 * them all, and where there are none there is no timer.
 */
export class Deadlines<Thing> {
  readonly #clock: Clock;
  readonly #delayMs: number;
  readonly #due: (thing: Thing) => void;
  /** Monotonic times. A Map keeps the order of insertion, so the first is the soonest. */
  readonly #at = new Map<Thing, number>();
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, delayMs: number, due: (thing: Thing) => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#due = due;
  }

  /** Sets the thing's deadline, anew if it has one. */
  set(thing: Thing): void {
    this.#at.delete(thing);
    this.#at.set(thing, this.#clock.monotonic() + this.#delayMs);
    this.#cancel ??= this.#clock.after(this.#delayMs, this.#expire);
  }

  delete(thing: Thing): void {
    this.#at.delete(thing);
    if (this.#at.size > 0) return;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  readonly #expire = (): void => {
    const now = this.#clock.monotonic();
    for (const [thing, at] of this.#at) {
      if (at > now) break;
      this.#at.delete(thing);
      this.#due(thing);
    }
    const [soonest] = this.#at.values();
    // One may have been set meanwhile.
    this.#cancel?.();
    // Never sooner than a millisecond: timers may run a fraction of one early.
    this.#cancel =
      soonest === undefined
        ? undefined
        : this.#clock.after(Math.max(1, soonest - this.#clock.monotonic()), this.#expire);
  };
}
