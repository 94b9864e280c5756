import type { Clock } from '../clock.ts';
import { createTicker } from '../fanout/ticker.ts';

/**
 * Calls `action` at once where nothing was appended in this process for a tick, and else at the end of the tick,
 * together with all others: their appends share a sync to disk, or a way to Redis. Returns what cancels it;
 * undefined: it was called. What it throws keeps none of the others from being called.
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
      const faults: unknown[] = [];
      for (const action of due) {
        try {
          action();
        } catch (fault) {
          // The others are rooms that have nothing to do with it.
          faults.push(fault);
        }
      }
      if (faults.length > 0) throw faults[0];
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
