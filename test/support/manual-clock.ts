import type { Clock } from '../../server/clock.ts';

/** A clock that stands until it is advanced. */
export interface ManualClock extends Clock {
  /** Moves time on, running what falls due on the way, in its order. */
  advance(ms: number): void;
}

export function createManualClock(startMs = 1_800_000_000_000): ManualClock {
  let elapsed = 0;
  let next = 0;
  const due = new Map<number, { at: number; action: () => void }>();

  function after(delayMs: number, action: () => void): () => void {
    next += 1;
    const id = next;
    due.set(id, { at: elapsed + delayMs, action });
    return () => void due.delete(id);
  }

  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    after,
    every(intervalMs, action) {
      let cancel = after(intervalMs, run);
      function run(): void {
        cancel = after(intervalMs, run);
        action();
      }
      return () => cancel();
    },
    advance(ms) {
      const end = elapsed + ms;
      for (;;) {
        const [soonest] = [...due].filter(([, one]) => one.at <= end).sort(([, a], [, b]) => a.at - b.at);
        if (soonest === undefined) break;
        const [id, { at, action }] = soonest;
        due.delete(id);
        elapsed = Math.max(elapsed, at);
        action();
      }
      elapsed = end;
    },
  };
}
