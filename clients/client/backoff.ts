export interface BackoffOptions {
  /** The first delay is at most this. Default 250. */
  minMs?: number;
  /** No delay is more than this, but for the server's advice. Default 30000. */
  maxMs?: number;
}

/** Exponential backoff with full jitter, on top of the delay that the server asks for. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempts = 0;

  constructor(random: () => number, { minMs = 250, maxMs = 30_000 }: BackoffOptions = {}) {
    this.#random = random;
    this.#minMs = minMs;
    this.#maxMs = maxMs;
  }

  nextMs(advisedMs = 0): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 30);
    return advisedMs + this.#random() * ceiling;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
