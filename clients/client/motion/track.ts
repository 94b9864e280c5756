import { mix } from './mix.ts';

export interface TrackOptions {
  /** How far behind it is shown, in ms. Default: twice the time between two values, as they come. */
  delayMs?: number;
  /** For how long a motion goes on when no value comes, in ms, before it turns back. Default 50. */
  extrapolateMs?: number;
}

interface Sample<T> {
  readonly at: number;
  readonly value: T;
}

/** Times between two values as they may be taken for a pace; after longer ones a motion begins anew. */
const [LEAST_MS, MOST_MS] = [16, 250];
const KEPT = 16;
/** How much of the pace the latest interval makes. */
const WEIGHT = 0.2;

/**
 * One thing that moves, of which values come now and then: shown a little behind, so that there is a value on
 * either side of what is shown. No timers run: it is asked, once a frame say.
 */
export class Track<T> {
  readonly #options: TrackOptions;
  readonly #samples: Sample<T>[] = [];
  #paceMs = LEAST_MS;

  constructor(options: TrackOptions = {}) {
    this.#options = options;
  }

  /** @param at when it came, in ms */
  add(value: T, at: number): void {
    const last = this.#samples.at(-1);
    if (last !== undefined) {
      const passedMs = at - last.at;
      if (passedMs <= MOST_MS) {
        this.#paceMs += WEIGHT * (Math.max(LEAST_MS, passedMs) - this.#paceMs);
        // Two in one moment are the later.
        if (passedMs <= 0) this.#samples.pop();
      } else {
        // It has rested until now.
        this.#samples.splice(0, KEPT, { at: at - this.#paceMs, value: last.value });
      }
    }
    this.#samples.push({ at: Math.max(at, last?.at ?? at), value });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  /** What is to be shown; undefined before the first value. @param now in ms, by the same clock */
  at(now: number): T | undefined {
    const { delayMs = 2 * this.#paceMs, extrapolateMs = 50 } = this.#options;
    const shown = now - delayMs;
    const next = this.#samples.findIndex(({ at }) => at >= shown);
    if (next === 0) return this.#samples[0]?.value;
    const index = next < 0 ? this.#samples.length - 1 : next;
    const [from, to] = [this.#samples[index - 1], this.#samples[index]];
    if (from === undefined || to === undefined) return to?.value;
    const beyond = shown - to.at;
    // Who has stopped sends nothing more, and has to be shown where that was.
    const until = Math.min(beyond, Math.max(0, 2 * extrapolateMs - beyond));
    // Two that came almost at once are no fast motion: one of them was late.
    const intervalMs = Math.max(to.at - from.at, beyond > 0 ? this.#paceMs : 0);
    return mix(from.value, to.value, 1 + until / intervalMs) as T;
  }
}
