const STEP_MS = 5;
const MADE_UP_MS = 250;

/**
 * Calls `action` so many times a second, by the clock: what a busy moment delays is made up for, as long as
 * it is short (more would only keep a busy machine busy). A `false`
 * says that this one was not possible; it is not made up for.
 *
 * @returns what stops it
 */
export function atRate(perSecond: number, action: () => unknown): () => void {
  let next = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    for (next = Math.max(next, now - MADE_UP_MS); next <= now; next += 1000 / perSecond) {
      if (action() === false) next = Math.max(next, now - 1000 / perSecond);
    }
  }, STEP_MS);
  return () => clearInterval(timer);
}
