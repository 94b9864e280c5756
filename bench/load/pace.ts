const STEP_MS = 1;

/**
 * Calls `act` with the indices 0 to `count` - 1 in turns, each `perSecond` times a second, evenly spread.
 *
 * @returns what stops it
 */
export function inTurns(count: number, perSecond: number, act: (index: number) => void): () => void {
  const everyMs = 1000 / (count * perSecond);
  let next = performance.now();
  let index = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    for (; next <= now; next += everyMs) {
      act(index);
      index = (index + 1) % count;
    }
  }, STEP_MS);
  return () => clearInterval(timer);
}
