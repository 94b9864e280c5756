import type { CommandOf } from '../../protocol/index.ts';
import type { ClientClock } from './clock.ts';
import { copied } from './copied.ts';

export type SignalKind = 'camera' | 'cursor' | 'typing' | 'scroll';
export type SignalFields<K extends SignalKind> = Omit<CommandOf<K>, 'type' | 'ref' | 'roomId' | 'userId'>;

/** How much the connection can take. */
export interface Pace {
  readonly isBusy: boolean;
  readonly signalMs: number;
}

/**
 * Signals on their way out: the first at once, then the latest of each kind and thing once a tick, or as soon as
 * the connection can take more. Nothing is kept for later where there is no connection, as only the present counts.
 */
export class Signals {
  readonly #clock: ClientClock;
  readonly #pace: Pace;
  readonly #put: (message: object) => void;
  readonly #latest = new Map<string, object>();
  #isTicking = false;

  constructor(clock: ClientClock, pace: Pace, put: (message: object) => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#put = put;
  }

  /** Throws a TypeError where the fields are no JSON. */
  send<K extends SignalKind>(kind: K, fields: SignalFields<K>, thing = ''): void {
    const key = JSON.stringify([kind, thing]);
    const earlier = this.#latest.get(key);
    this.#latest.set(key, copied({ ...earlier, type: kind, ...fields }));
    if (!this.#isTicking) this.#flush();
  }

  #flush(): void {
    const signals = [...this.#latest.values()];
    this.#isTicking = signals.length > 0;
    if (!this.#pace.isBusy) {
      this.#latest.clear();
      for (const signal of signals) this.#put(signal);
    }
    if (this.#isTicking) this.#clock.after(this.#pace.signalMs, () => this.#flush());
  }
}
