import type { Departed } from './effect.ts';
import type { Members } from './members.ts';

/** A user who went, and the offsets of the entries between which it was there. */
interface Departure {
  readonly joined: number;
  readonly left: number;
  readonly user: Departed;
}

/** The latest departures, for those who come back: who came stands among the members. */
export interface Departures {
  list: Departure[];
  /** The offset through which departures are no longer kept. */
  since: number;
}

export function keepDeparture(departures: Departures, one: Departure, most: number): void {
  departures.list.push(one);
  if (departures.list.length <= most) return;
  // By the quarter, so that the cost of moving the rest is paid rarely.
  const dropped = departures.list.splice(0, Math.ceil(most / 4));
  departures.since = dropped.at(-1)?.left ?? departures.since;
}

/** Where a user stopped hearing the room. */
export function lastDeparture({ list }: Departures, userId: string): number | undefined {
  return list.findLast(({ user }) => user.userId === userId)?.left;
}

/**
 * Who has come and gone since an offset: who went and came back was not away, who came and went was never there.
 * Nobody where that is no longer known.
 */
export function comingsSince(
  { members, departures }: { members: Members; departures: Departures },
  offset: number,
): { joined: string[]; left: Departed[] } {
  if (offset < departures.since) return { joined: [], left: [] };
  const gone = new Map<string, Departed>();
  for (const { joined, left, user } of departures.list) {
    if (joined <= offset && left > offset) gone.set(user.userId, user);
  }
  const joined: string[] = [];
  for (const [userId, { joinedOffset }] of members) {
    if (joinedOffset > offset && !gone.delete(userId)) joined.push(userId);
  }
  return { joined, left: [...gone.values()] };
}
