/**
 * Time as an input. Nothing below the composition root reads the process's own clock, so tests advance
 * time by hand.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch; stamped on entries and compared with token lifetimes. */
  now(): number;
  /** Monotonic milliseconds with fractions; for durations and ticks. */
  monotonic(): number;
  /** Runs `action` once, `delayMs` from now. Returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** Runs `action` every `intervalMs`. Returns what stops it. Does not keep the process alive. */
  every(intervalMs: number, action: () => void): () => void;
}

/** The process's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  every(intervalMs, action) {
    const timer = setInterval(action, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
