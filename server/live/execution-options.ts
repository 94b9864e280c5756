import type { Clock } from '../clock.ts';
import type { RoomView } from '../dialect/events.ts';
import type { Membership, Session } from '../dispatch/session.ts';
import type { Want } from '../fanout/attachment.ts';
import type { Ticker } from '../fanout/ticker.ts';
import type { Entry, LeaveReason } from '../room/entry.ts';
import type { Place } from '../room/place.ts';
import type { Joins } from './joins.ts';
import type { PendingAnswers } from './pending-answers.ts';

/** What the author of an entry is told that the log did not accept. */
export type LogRefusal = 'LOG_UNAVAILABLE' | 'OUTCOME_UNKNOWN' | 'LOG_CORRUPT';

export interface ExecutionOptions {
  session(connectionId: string): Session | undefined;
  /** Takes a session into a room again: others took it for gone, and it is not. */
  rejoin(session: Session, membership: Membership, want?: Want): void;
  /** Takes a session out of a room, and has it hear nothing of it from now on. */
  leave(session: Session, membership: Membership): void;
  /** Sessions of this node whose connection broke off, of this user in this room. */
  lostSessions(userId: string, roomId: string): readonly Session[];
  onSent(type: string): void;
  /** A command was refused by the log, or because too much waits for it. */
  onRefused(code: string): void;
  onFault(roomId: string, entry: string, error: unknown): void;
  /**
   * A connection of this node has entered a room, which stood at `place` then. Resolves when what is kept of that is
   * durable.
   */
  onJoined(
    session: Session,
    membership: Membership,
    place: Place,
    view: RoomView | undefined,
  ): Promise<void> | undefined;
  /** It has left one. */
  onLeft(connectionId: string, membership: Membership, reason: LeaveReason): void;
  lockTtlMs: number;
  nodeId: string;
  clock: Clock;
  ticker: Ticker;
  joins: Joins;
  pendingAnswers: PendingAnswers;
  submit(roomId: string, entry: Entry): void;
  viewOf(roomId: string): RoomView | undefined;
}
