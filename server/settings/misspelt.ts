/** The number of characters to insert, remove or replace to make one text of the other (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const removed = (above[column] ?? 0) + 1;
      const inserted = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, removed, inserted));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}

/**
 * The known name that `name` was probably meant to be: one mistake in five characters, three at most.
 * `undefined` where it is known itself or resembles none. Case is a mistake that costs nothing.
 */
export function meantName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return undefined;
  const upper = name.toUpperCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const allowed = Math.min(3, Math.floor(candidate.length / 5));
    if (Math.abs(candidate.length - name.length) > allowed) continue;
    const distance = editDistance(upper, candidate);
    if (distance <= allowed && distance < least) [best, least] = [candidate, distance];
  }
  return best;
}
