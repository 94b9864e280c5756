const STEP_MS = 5;

/**
 * Calls `action` so many times a second, by the clock: what a busy moment delays is made up for. A `false`
 * says that this one was not possible; it is not made up for.
 *
 * @returns what stops it
 */
export function atRate(perSecond: number, action: () => unknown): () => void {
  let next = performance.now();
  const timer = setInterval(() => {
    for (const now = performance.now(); next <= now; next += 1000 / perSecond) {
      if (action() === false) next = Math.max(next, now - 1000 / perSecond);
    }
  }, STEP_MS);
  return () => clearInterval(timer);
}
