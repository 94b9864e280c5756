/** Time as an input: tests advance it. */
export interface ClientClock {
  /** Monotonic milliseconds. */
  monotonic(): number;
  /** Runs `action` once, `delayMs` from now. Returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: ClientClock = {
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
