import { holdingConnections, type Selections } from './room/selections.ts';

export interface LockTimes {
  /** Where it is noted when the locks of a connection end, by thing; undefined: another node holds the connection. */
  locksOf(connection: string): Map<string, number> | undefined;
  endsAt(): number;
}

/**
 * A lock's time begins when it is taken or passed on, and is forgotten when it is let go of.
 *
 * @param released the connection that let go
 */
export function timeLock(
  selections: Selections | undefined,
  thing: string,
  released: string | undefined,
  { locksOf, endsAt }: LockTimes,
): void {
  if (released !== undefined) locksOf(released)?.delete(thing);
  if (selections === undefined) return;
  for (const connection of holdingConnections(selections, thing)) {
    const locks = locksOf(connection);
    if (locks !== undefined && !locks.has(thing)) locks.set(thing, endsAt());
  }
}
