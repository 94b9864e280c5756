import type { CommandOf } from '../../protocol/index.ts';
import type { ClientClock } from './clock.ts';

export type SignalKind = 'camera' | 'cursor' | 'typing' | 'scroll';
export type SignalFields<K extends SignalKind> = Omit<CommandOf<K>, 'type' | 'ref' | 'roomId' | 'userId'>;

/**
 * Signals on their way out: the first at once, then the latest of each kind and thing once a tick. Nothing is
 * kept for later where there is no connection, as only the present counts.
 */
export class Signals {
  readonly #clock: ClientClock;
  readonly #tickMs: () => number;
  readonly #put: (message: object) => void;
  readonly #latest = new Map<string, object>();
  #isTicking = false;

  constructor(clock: ClientClock, tickMs: () => number, put: (message: object) => void) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#put = put;
  }

  send<K extends SignalKind>(kind: K, fields: SignalFields<K>, thing = ''): void {
    const key = JSON.stringify([kind, thing]);
    const earlier = this.#latest.get(key);
    this.#latest.set(key, { ...earlier, type: kind, ...fields });
    if (!this.#isTicking) this.#flush();
  }

  #flush(): void {
    const signals = [...this.#latest.values()];
    this.#latest.clear();
    this.#isTicking = signals.length > 0;
    for (const signal of signals) this.#put(signal);
    if (this.#isTicking) this.#clock.after(this.#tickMs(), () => this.#flush());
  }
}
