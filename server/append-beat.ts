import type { Clock } from './clock.ts';
import { createTicker } from './fanout/ticker.ts';

/**
 * Calls `action` at once where nothing was appended in this process for a tick, and else at the end of the tick,
 * together with all others: their appends share a sync to disk, or a way to Redis. Returns what cancels it;
 * undefined: it was called.
 */
export type AppendBeat = (action: () => void) => (() => void) | undefined;

/** @param tickMs at least this long between two beats */
export function createAppendBeat(clock: Clock, tickMs: number): AppendBeat {
  const ticker = createTicker(clock, tickMs);
  const waiting = new Set<() => void>();
  const appends = {
    flush() {
      const due = [...waiting];
      waiting.clear();
      for (const action of due) action();
      return due.length > 0;
    },
  };
  return (action) => {
    waiting.add(action);
    ticker.request(appends);
    return waiting.has(action) ? () => void waiting.delete(action) : undefined;
  };
}

/** Without waiting. */
export const atOnce: AppendBeat = (action) => void action();
