import type { OperationsEffect } from '../room/effect.ts';
import { type Place, placeOf } from '../room/place.ts';
import { deltasAfter, latestOffset, othersAfter, type RecentOther } from '../room/recent.ts';
import type { RoomState } from '../room/state.ts';

/** Where a receiver stands, and the offset of the last entry through which it was told who came and went. */
export interface Told {
  readonly place: Place;
  readonly heard: number;
}

/** What a client names that comes back. */
export interface Claimed {
  /** Undefined: whichever it is. */
  epoch: string | undefined;
  version?: number;
  offset?: number;
}

/** What leads from a place to the present; `undefined`: only the whole state does. */
export interface Missed {
  operations: OperationsEffect[];
  others: RecentOther[];
}

export function missedSince(state: RoomState, place: Place): Missed | undefined {
  if (place.version > state.scene.version || place.offset > state.offset) return undefined;
  // Most who join are: all that is kept need not be looked through for each of a crowd.
  if (isThrough(place, placeOf(state))) return { operations: [], others: [] };
  const operations = deltasAfter(state.recent, place.version);
  const others = othersAfter(state.recent, place.offset);
  if (operations === undefined || others === undefined) return undefined;
  return { operations, others };
}

/**
 * The place that a claim names; undefined where it is of another epoch or names no version. An offset alone
 * says too little: operations leave behind what came after them in the same tick. Without an offset only the
 * scene is recovered.
 */
export function placeFrom(state: RoomState, epoch: string, claimed: Claimed): Place | undefined {
  const { version, offset = latestOffset(state.recent) } = claimed;
  if (claimed.epoch !== undefined && claimed.epoch !== epoch) return undefined;
  return version === undefined ? undefined : { version, offset };
}

/** The claim of one who is told no operations: whatever it names, it has all of them. */
export function apartFromOperations({ scene }: RoomState, claimed: Claimed): Claimed {
  return { ...claimed, version: scene.version };
}

/** Whether nothing has been appended to a log since. */
export function isUpToDate(claimed: Claimed, { epoch, offset }: { epoch: string; offset: number }): boolean {
  return (claimed.epoch ?? epoch) === epoch && (claimed.offset ?? 0) >= offset;
}

/** Whether who stands at a place, if it is known, has all that leads to another one. */
export function isThrough(place: Place | undefined, other: Place): boolean {
  return place !== undefined && place.version >= other.version && place.offset >= other.offset;
}

/** The earlier of two, number by number; undefined: nothing is known to have arrived. */
export function earlier(a: Told | undefined, b: Told | undefined): Told | undefined {
  if (a === undefined || b === undefined) return undefined;
  const version = Math.min(a.place.version, b.place.version);
  const offset = Math.min(a.place.offset, b.place.offset);
  return { place: { version, offset }, heard: Math.min(a.heard, b.heard) };
}

/** The later of two places, number by number. */
export function later(a: Place, b: Place): Place {
  return { version: Math.max(a.version, b.version), offset: Math.max(a.offset, b.offset) };
}
