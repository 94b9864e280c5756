import type { RoomView } from '../dialect/events.ts';
import { LogError, type RoomLog } from '../log/log.ts';
import { apply } from '../room/apply.ts';
import type { Entry, RoomLimits } from '../room/entry.ts';
import { decodeSnapshot } from '../room/snapshot.ts';
import { emptyRoom, type RoomState } from '../room/state.ts';

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

/** The room as others see it. `lastSeen`: of a connection, where this node holds it. */
export function viewOf(
  roomId: string,
  epoch: string,
  state: RoomState,
  lastSeen: (connectionId: string) => number | undefined,
): RoomView {
  return {
    roomId,
    epoch,
    state,
    lastSeen(userId) {
      const member = state.members.get(userId);
      const seen = [...(member?.sessions.keys() ?? [])].map((connection) => lastSeen(connection) ?? 0);
      return Math.max(member?.joinedAt ?? 0, ...seen);
    },
  };
}

/** The nodes that hold sessions in a room. */
export function holdersIn({ members }: RoomState): string[] {
  return [...new Set([...members.values()].flatMap((member) => [...member.sessions.values()]))];
}

/** What a node knows that opens a room. */
export interface Here {
  readonly at: number;
  readonly node: string;
  readonly limits: RoomLimits;
  /** Nodes that hold nothing any more: those that died, and earlier lives of this process. */
  readonly gone: readonly string[];
  /** Whether this node holds the session of a connection, and that is in the room. */
  holds(connectionId: string): boolean;
}

/** What has to be known before anything else happens in a room that was opened. */
export function preparationOf(
  state: RoomState,
  { snapshot, tail }: RoomLog,
  { at, node, limits, gone, holds }: Here,
): Entry[] {
  const preparation: Entry[] = gone.map((one) => ({ type: 'nodeGone', at, node: one }));
  // Of a log that has lost what this node had appended: that they left, or ended.
  for (const [userId, { sessions }] of state.members) {
    for (const [connection, holder] of sessions) {
      if (holder !== node || holds(connection)) continue;
      preparation.push({ type: 'leave', at, by: { connection, userId }, reason: 'disconnected' });
    }
  }
  // Also where they are the defaults: those of another version of this program may be others.
  const isNew = snapshot === undefined && tail.length === 0;
  if (isNew || !sameLimits(state.limits, limits)) preparation.push({ type: 'configure', at, limits });
  return preparation;
}

function sameLimits(a: RoomLimits, b: RoomLimits): boolean {
  return (Object.keys(b) as (keyof RoomLimits)[]).every((name) => a[name] === b[name]);
}
