import type { UserPresence } from '../../protocol/index.ts';
import type { Effect } from './effect.ts';
import { type Answer, type EntryOf, refuse } from './entry.ts';

/** A user in the room: present as long as one connection is. */
export interface Member {
  user: UserPresence & { userId: string };
  guest: boolean;
  joinedAt: number;
  /** Of the entry by which it came. */
  joinedOffset: number;
  /** Node by connection. */
  sessions: Map<string, string>;
}

/** Members by user id. */
export type Members = Map<string, Member>;

/** Whether this connection is in the room as this user. */
export function isSession(members: Members, userId: string, connection: string): boolean {
  return members.get(userId)?.sessions.has(connection) ?? false;
}

/** Admits a connection, or updates the details of one that is in the room already. */
export function enter(
  members: Members,
  entry: EntryOf<'join'>,
  offset: number,
  maxSessions: number,
): { answer: Answer; effects: Effect[] } {
  const { by, user, guest } = entry;
  const member = members.get(by.userId);
  if (member === undefined) {
    if (members.size >= entry.maxUsers) {
      return { answer: refuse('ROOM_FULL', { limit: entry.maxUsers }), effects: [] };
    }
    const sessions = new Map([[by.connection, entry.node]]);
    members.set(by.userId, { user, guest, joinedAt: entry.at, joinedOffset: offset, sessions });
    return { answer: { ok: true }, effects: [{ kind: 'members', joined: by.userId }] };
  }
  // Somebody without a token may not pass for somebody with one; who has one displaces who has none.
  const others = [...member.sessions.keys()].filter((one) => one !== by.connection);
  const evicted = member.guest && !guest ? others : [];
  if (guest && !member.guest) {
    return { answer: refuse('IDENTITY_MISMATCH', { path: 'user.userId' }), effects: [] };
  }
  const gone = new Set([...evicted, ...(entry.replaces ?? [])].filter((one) => member.sessions.has(one)));
  if (!member.sessions.has(by.connection) && member.sessions.size - gone.size >= maxSessions) {
    return { answer: refuse('TOO_MANY_SESSIONS', { limit: maxSessions }), effects: [] };
  }
  for (const connection of gone) member.sessions.delete(connection);
  member.sessions.set(by.connection, entry.node);
  member.user = user;
  member.guest = guest;
  const removed: Effect[] = evicted.map((connection) => ({
    kind: 'removed',
    connection,
    reason: 'kicked',
  }));
  return { answer: { ok: true }, effects: [...removed, { kind: 'members', updated: by.userId }] };
}

/** Takes a connection out of the room. Returns the user it belonged to, and whether that user is gone. */
export function exit(
  members: Members,
  connection: string,
): { user: Member['user']; joinedOffset: number; gone: boolean } | undefined {
  for (const [userId, member] of members) {
    if (!member.sessions.delete(connection)) continue;
    const gone = member.sessions.size === 0;
    if (gone) members.delete(userId);
    return { user: member.user, joinedOffset: member.joinedOffset, gone };
  }
  return undefined;
}

/** Whether a node holds connections. */
export function hasSessionsOf(members: Members, node: string): boolean {
  for (const { sessions } of members.values()) {
    for (const holder of sessions.values()) if (holder === node) return true;
  }
  return false;
}

/** The connections that a node holds. */
export function sessionsOf(members: Members, node: string): string[] {
  const connections: string[] = [];
  for (const member of members.values()) {
    for (const [connection, holder] of member.sessions) if (holder === node) connections.push(connection);
  }
  return connections;
}
