import type { Clock } from './clock.ts';

/**
 * Calls `action` at once where nothing was appended in this process for a tick, and else at the end of the tick,
 * together with all others: their appends share a sync to disk, or a way to Redis. Returns what cancels it;
 * undefined: it was called.
 */
export type AppendBeat = (action: () => void) => (() => void) | undefined;

/** @param tickMs at least this long between two beats; 0: everything goes at once */
export function createAppendBeat(clock: Clock, tickMs: number): AppendBeat {
  const waiting = new Set<() => void>();
  let endsAt = Number.NEGATIVE_INFINITY;
  let isTimed = false;

  function end(): void {
    isTimed = false;
    const due = [...waiting];
    waiting.clear();
    if (due.length > 0) begin();
    for (const action of due) action();
  }

  function begin(): void {
    endsAt = clock.monotonic() + tickMs;
  }

  return (action) => {
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0 && !isTimed) {
      begin();
      action();
      return undefined;
    }
    if (!isTimed) clock.after(Math.max(1, Math.ceil(leftMs)), end);
    isTimed = true;
    waiting.add(action);
    return () => void waiting.delete(action);
  };
}
