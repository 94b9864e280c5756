import { Refusal } from '../../protocol/index.ts';
import type { Author } from '../room/entry.ts';
import type { Principal } from './principal.ts';
import type { Membership, Session } from './session.ts';

interface InRoom {
  roomId?: string;
  userId?: string;
  ref?: string | number;
}

/** Most view nothing: one set serves all of them. */
const nothing: ReadonlySet<string> = new Set();

/** A place in a room, on its way through the log. */
export function membershipIn(roomId: string, user: Membership['user'], mayWrite: boolean): Membership {
  const { userId } = user;
  return { roomId, userId, user, phase: 'joining', mayWrite, viewing: nothing, locks: undefined };
}

/** Notes whether a member views a thing. */
export function setViewing(membership: Membership, thing: string, views: boolean): void {
  const viewing = new Set(membership.viewing);
  if (views) viewing.add(thing);
  else viewing.delete(thing);
  membership.viewing = viewing.size === 0 ? nothing : viewing;
}

/** The membership that a command is about. Throws NOT_JOINED, ROOM_REQUIRED, IDENTITY_MISMATCH. */
export function membershipOf(session: Session, command: InRoom): Membership {
  const membership =
    command.roomId === undefined ? onlyMembership(session) : session.memberships.get(command.roomId);
  if (membership === undefined || membership.phase === 'leaving') throw new Refusal('NOT_JOINED');
  checkUser(command.userId, membership.userId);
  return membership;
}

/** Throws IDENTITY_MISMATCH where a message names somebody else. */
export function checkUser(named: string | undefined, userId: string): void {
  if (named === undefined || named === userId) return;
  throw new Refusal('IDENTITY_MISMATCH', { path: 'userId', expected: JSON.stringify(userId) });
}

function onlyMembership(session: Session): Membership | undefined {
  let only: Membership | undefined;
  for (const membership of session.memberships.values()) {
    if (membership.phase === 'leaving') continue;
    if (only !== undefined) {
      throw new Refusal('ROOM_REQUIRED', { path: 'roomId', expected: 'the id of a room that was joined' });
    }
    only = membership;
  }
  return only;
}

/** As `membershipOf`, for commands that change what the room keeps. Throws FORBIDDEN, too. */
export function writerOf(session: Session, command: InRoom): Membership {
  const membership = membershipOf(session, command);
  if (!membership.mayWrite) throw new Refusal('FORBIDDEN');
  return membership;
}

/** Who an entry is from. */
export function authorOf(session: Session, membership: Membership, command: InRoom): Author {
  const author: Author = { connection: session.id, userId: membership.userId };
  if (command.ref !== undefined) author.ref = command.ref;
  return author;
}

/** For whom it may act: nobody, unless its connection is open. */
export function principalOf(session: Session): Principal | undefined {
  return session.phase.kind === 'open' ? session.phase.principal : undefined;
}
