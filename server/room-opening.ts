import { LogError, type RoomLog } from './log/log.ts';
import { apply } from './room/apply.ts';
import type { Entry, RoomLimits } from './room/entry.ts';
import { decodeSnapshot } from './room/snapshot.ts';
import { emptyRoom, type RoomState } from './room/state.ts';

/** The state that a log leads to. Throws a LogError, LOG_CORRUPT. */
export function foldFrom(roomId: string, log: RoomLog): RoomState {
  try {
    const state = log.snapshot === undefined ? emptyRoom() : decodeSnapshot(log.snapshot.state);
    for (const text of log.tail) apply(state, JSON.parse(text) as Entry);
    return state;
  } catch (cause) {
    const message = `what is stored of room ${JSON.stringify(roomId)} cannot be read: ${(cause as Error).message}`;
    throw new LogError('LOG_CORRUPT', message, { cause });
  }
}

/** What has to be known before anything else happens in a room that was opened. */
export function preparationOf(
  state: RoomState,
  { snapshot, tail }: RoomLog,
  { at, node, limits }: { at: number; node: string; limits: RoomLimits },
): Entry[] {
  // Whoever held sessions in an earlier life of this process does no longer.
  const holders = new Set([...state.members.values()].flatMap((member) => [...member.sessions.values()]));
  const gone = [...holders].filter((one) => one !== node);
  const preparation: Entry[] = gone.map((one) => ({ type: 'nodeGone', at, node: one }));
  // Also where they are the defaults: those of another version of this program may be others.
  const isNew = snapshot === undefined && tail.length === 0;
  if (isNew || !sameLimits(state.limits, limits)) preparation.push({ type: 'configure', at, limits });
  return preparation;
}

function sameLimits(a: RoomLimits, b: RoomLimits): boolean {
  return (Object.keys(b) as (keyof RoomLimits)[]).every((name) => a[name] === b[name]);
}
