import type { ClientClock } from './clock.ts';
import type { TransportName } from './transport.ts';

/** Attempts in a row at which nothing came, before another transport is tried. */
const TRIES = 2;
/** The first choice is tried again after this, and later after twice as long each time. */
const AGAIN_MS = 60_000;
const AGAIN_AT_MOST_MS = 30 * 60_000;

/** Which transport the next attempt goes over: the first choice, unless that is blocked. */
export class Transports {
  readonly #clock: ClientClock;
  readonly #names: readonly TransportName[];
  #at = 0;
  #failures = 0;
  #againMs = AGAIN_MS;
  #againAt = 0;

  /** @param names those that there are, the first choice first */
  constructor(clock: ClientClock, names: readonly TransportName[]) {
    this.#clock = clock;
    this.#names = names;
  }

  /** Undefined: there is none. */
  get current(): TransportName | undefined {
    return this.#names[this.#at];
  }

  get first(): TransportName | undefined {
    return this.#names[0];
  }

  get hasOther(): boolean {
    return this.#names.length > 1;
  }

  /** While it is not over the first choice: how long until that is tried again. */
  get againInMs(): number | undefined {
    return this.#at === 0 ? undefined : Math.max(0, this.#againAt - this.#clock.monotonic());
  }

  next(): TransportName | undefined {
    // Should it still be blocked, one failure is enough to come back.
    if (this.againInMs === 0) this.#choose(0, TRIES - 1);
    return this.current;
  }

  /** Something came. */
  worked(): void {
    this.#failures = 0;
    if (this.#at === 0) this.#againMs = AGAIN_MS;
  }

  /** Nothing came. @param isCertain it did not even fail: more tries would take as long */
  failed(isCertain: boolean): void {
    this.#failures += 1;
    if (!this.hasOther || (this.#failures < TRIES && !isCertain)) return;
    if (this.#at === 0) this.later();
    // Where nothing at all works, it is not the first choice that is blocked, and all of them are tried in turn.
    else this.#againMs = AGAIN_MS;
    this.#choose((this.#at + 1) % this.#names.length, 0);
  }

  /** The first choice was found to work. */
  prefer(): void {
    this.#choose(0, 0);
  }

  /** The first choice was tried, and is still blocked. */
  later(): void {
    this.#againAt = this.#clock.monotonic() + this.#againMs;
    this.#againMs = Math.min(this.#againMs * 2, AGAIN_AT_MOST_MS);
  }

  #choose(at: number, failures: number): void {
    this.#at = at;
    this.#failures = failures;
  }
}
