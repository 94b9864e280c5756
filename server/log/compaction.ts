import type { Snapshot } from './log.ts';

/**
 * @throws RangeError when a snapshot would lie beyond the last entry or before the last snapshot, or entries
 *   would be dropped that it does not include.
 */
export function checkCompaction(
  snapshot: Snapshot,
  dropThrough: number,
  previous: number | undefined,
  last: number,
): void {
  const { offset } = snapshot;
  if (!Number.isSafeInteger(offset) || offset < (previous ?? 0) || offset > last)
    throw new RangeError(`a snapshot at offset ${offset} of a log that ends at ${last}`);
  if (!Number.isSafeInteger(dropThrough) || dropThrough < 0 || dropThrough > offset)
    throw new RangeError(`entries up to ${dropThrough} are not all in the snapshot at ${offset}`);
}
