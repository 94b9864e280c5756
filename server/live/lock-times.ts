import type { Membership } from '../dispatch/session.ts';
import { connectionsOn, holdingConnections, type Selections } from '../room/selections.ts';

export interface LockTimes {
  /** Where it is noted when the locks of a connection end; undefined: another node holds the connection. */
  membershipOf(connection: string): Membership | undefined;
  endsAt(): number;
  /** Has the thing taken from a connection. */
  letGo(connection: string): void;
}

/**
 * A lock's time begins when it is taken or passed on, and is forgotten when it is let go of. Whoever may not write, or
 * no longer, keeps no place in the line.
 *
 * @param released the connection that let go
 */
export function timeLock(
  selections: Selections | undefined,
  thing: string,
  released: string | undefined,
  { membershipOf, endsAt, letGo }: LockTimes,
): void {
  if (released !== undefined) membershipOf(released)?.locks?.delete(thing);
  if (selections === undefined) return;
  for (const connection of connectionsOn(selections, thing)) {
    if (membershipOf(connection)?.mayWrite === false) letGo(connection);
  }
  for (const connection of holdingConnections(selections, thing)) {
    const membership = membershipOf(connection);
    if (membership === undefined) continue;
    membership.locks ??= new Map();
    if (!membership.locks.has(thing)) membership.locks.set(thing, endsAt());
  }
}
