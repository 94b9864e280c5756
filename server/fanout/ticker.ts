import type { Clock } from '../clock.ts';

/** What is flushed. */
export interface Flushable {
  /** Sends what is pending. Returns false where nothing was. */
  flush(): boolean;
}

/**
 * At most one flush per room and tick, on the leading edge: the first change in a quiet room goes at once,
 * what follows waits for the rest of the tick. One timer serves all rooms, and none runs while all are quiet.
 */
export interface Ticker {
  /** Flushes now or at the end of the tick that runs. */
  request(room: Flushable): void;
  /** Flushes all that is pending and stops. */
  close(): void;
}

/** @param tickMs at least this long between two flushes of a room */
export function createTicker(clock: Clock, tickMs: number): Ticker {
  // All ticks are equally long, so the order of their beginnings is that of their ends.
  const running = new Map<Flushable, { endsAt: number }>();
  let cancel: (() => void) | undefined;

  function begin(room: Flushable): void {
    running.set(room, { endsAt: clock.monotonic() + tickMs });
  }

  /** One timer, for the tick that ends first. */
  function schedule(): void {
    if (cancel !== undefined) return;
    for (const { endsAt } of running.values()) {
      cancel = clock.after(Math.max(1, Math.ceil(endsAt - clock.monotonic())), end);
      return;
    }
  }

  function end(): void {
    cancel = undefined;
    const now = clock.monotonic();
    const ended: Flushable[] = [];
    for (const [room, { endsAt }] of running) {
      if (endsAt > now) break;
      ended.push(room);
    }
    for (const room of ended) {
      // Taken out and put in again, it stands behind all whose ticks end earlier.
      running.delete(room);
      if (room.flush()) begin(room);
    }
    schedule();
  }

  return {
    request(room) {
      if (running.has(room) || !room.flush()) return;
      begin(room);
      schedule();
    },
    close() {
      cancel?.();
      cancel = undefined;
      for (const room of running.keys()) room.flush();
      running.clear();
    },
  };
}
