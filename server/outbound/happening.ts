import type { Operation, TextOperation, UserPresence } from '../../protocol/index.ts';
import type { RoomView } from '../dialect/events.ts';
import type { Effect } from '../room/effect.ts';

/** What happened in a room, for those who are not in it. `at`: milliseconds since the Unix epoch. */
export type Happening =
  /** The first member has come. */
  | { readonly type: 'room.created'; readonly roomId: string; readonly at: number }
  /** The last member has gone; what the room keeps is still there. */
  | { readonly type: 'room.emptied'; readonly roomId: string; readonly at: number }
  /** With the first connection of a user in the room. */
  | {
      readonly type: 'member.joined';
      readonly roomId: string;
      readonly at: number;
      readonly user: UserPresence & { userId: string };
    }
  /** With the last connection of a user in the room. */
  | {
      readonly type: 'member.left';
      readonly roomId: string;
      readonly at: number;
      readonly user: UserPresence & { userId: string };
    }
  | OperationsHappening;

export interface OperationsHappening {
  readonly type: 'room.operations';
  readonly roomId: string;
  readonly at: number;
  readonly epoch: string;
  /** In the room's order. */
  readonly changes: readonly Change[];
}

/** What one command changed. `userId` is missing where no user did it. */
export type Change =
  | {
      readonly kind: 'scene';
      readonly userId?: string;
      readonly fromVersion: number;
      readonly toVersion: number;
      readonly operations: readonly Operation[];
    }
  | {
      readonly kind: 'text';
      readonly userId?: string;
      readonly documentId: string;
      readonly version: number;
      readonly operation: TextOperation;
    };

export type Effects = readonly { readonly effect: Effect; readonly offset: number }[];

/** What the effects of one batch of entries tell; `view`: the room behind them. */
export function happeningsOf({ roomId, epoch, state }: RoomView, effects: Effects, at: number): Happening[] {
  const happenings: Happening[] = [];
  const changes: Change[] = [];
  const authors = authorsOf(effects);
  const told = () => {
    if (changes.length === 0) return;
    happenings.push({ type: 'room.operations', roomId, at, epoch, changes: changes.splice(0) });
  };
  let members = state.members.size;
  for (const { effect } of effects) {
    if (effect.kind !== 'members') continue;
    if (effect.joined !== undefined) members -= 1;
    if (effect.left !== undefined) members += 1;
  }
  for (const { effect, offset } of effects) {
    const userId = authors.get(offset);
    const by = userId === undefined ? {} : { userId };
    if (effect.kind === 'operations') {
      const { fromVersion, toVersion, operations } = effect;
      changes.push({ kind: 'scene', ...by, fromVersion, toVersion, operations });
    } else if (effect.kind === 'text') {
      const { documentId, version, operation } = effect;
      changes.push({ kind: 'text', ...by, documentId, version, operation });
    } else if (effect.kind === 'members') {
      const { joined, left } = effect;
      if (joined === undefined && left === undefined) continue;
      told();
      if (left !== undefined) {
        const { leftAt: _, ...user } = left;
        happenings.push({ type: 'member.left', roomId, at, user });
        members -= 1;
        if (members === 0) happenings.push({ type: 'room.emptied', roomId, at });
      }
      if (joined !== undefined) {
        if (members === 0) happenings.push({ type: 'room.created', roomId, at });
        members += 1;
        // Who has left again within the batch is known by the id alone.
        const user = { ...state.members.get(joined)?.user, userId: joined };
        happenings.push({ type: 'member.joined', roomId, at, user });
      }
    }
  }
  told();
  return happenings;
}

/** Who an entry was from, by its offset: every command is answered. */
function authorsOf(effects: Effects): Map<number, string> {
  const authors = new Map<number, string>();
  for (const { effect, offset } of effects) {
    if (effect.kind === 'answer') authors.set(offset, effect.to.userId);
  }
  return authors;
}
