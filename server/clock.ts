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

/** Resolves `ms` from now. */
export const passed = (clock: Pick<Clock, 'after'>, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.after(ms, resolve));

/** Rejects as the work does; undefined: it takes longer than `ms`, and what becomes of it is seen by nobody here. */
export async function within<T>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  work: Promise<T>,
): Promise<T | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = clock.after(ms, () => resolve(undefined));
  });
  return Promise.race([work, late]).finally(cancel);
}
