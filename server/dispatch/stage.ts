import type { Command, CommandOf, CommandType, ErrorCode, Limits } from '../../protocol/index.ts';
import type { DirectEvent, Ref, SignalKind } from '../dialect/events.ts';
import type { Want } from '../fanout/attachment.ts';
import type { SyncRequest } from '../fanout/catch-up.ts';
import type { Entry } from '../room/entry.ts';
import type { Hooks } from './hooks.ts';
import type { Authorize, Principal, VerifyToken } from './principal.ts';
import type { BucketName } from './rate-limit.ts';
import type { Membership, Session } from './session.ts';

/** What handlers may do: nothing of it touches a socket, a disk or the process's clock. */
export interface Stage {
  readonly limits: Limits;
  /** Users that a room may have for this session to join it. */
  maxRoomUsers(session: Session): number;
  readonly lockTtlMs: number;
  readonly nodeId: string;
  readonly authorize: Authorize;
  /** Another number whenever permissions have changed. */
  revision(): number;
  readonly verifyToken: VerifyToken;
  /** Names of what has to be signed; undefined: nothing. */
  readonly critical: ReadonlySet<string> | undefined;
  /** Of the program that embeds the server. */
  readonly hooks: Hooks | undefined;
  now(): number;
  monotonic(): number;
  newId(): string;
  /** Hands an entry to the room's log, opening the room if need be. */
  submit(roomId: string, entry: Entry): void;
  /** Announces a join that is submitted next, and what it asks for, for when it has been accepted. */
  expect(
    session: Session,
    join: {
      membership: Membership;
      want: Want | undefined;
      replaced: readonly Session[];
      leaves: readonly Membership[];
    },
  ): void;
  signal(
    session: Session,
    roomId: string,
    kind: SignalKind,
    thing: string | undefined,
    command: Command,
  ): void;
  sync(session: Session, roomId: string, request: SyncRequest): void;
  /** Connections of this user in this room that broke off and whose grace runs. */
  lostSessions(userId: string, roomId: string): Session[];
  answer(session: Session, event: DirectEvent, roomId?: string): void;
  /** Hands what an application counts to whoever wants it. */
  analytics(events: readonly unknown[], from: AnalyticsSource): void;
  /** The session speaks for this principal from now on. */
  admit(session: Session, principal: Principal): void;
  /** Lets a session hear its user's own room, where its vocabulary has one. */
  listen(session: Session): void;
  /** A session is about to leave a room. Settles when what is kept of that is durable; undefined: it is. */
  departing(session: Session, roomId: string): Promise<void> | undefined;
  /** Takes a session out of a room. */
  dismiss(session: Session, membership: Membership, why: Dismissal): void;
  /** Takes from a session what it has selected in a room. */
  letGo(session: Session, membership: Membership): void;
}

/** Who counted something. */
export interface AnalyticsSource {
  readonly connectionId: string;
  /** Undefined: a guest who has not joined any room yet. */
  readonly userId: string | undefined;
}

/** It asked for it, or it may not stay, which the code tells it. */
export type Dismissal = { reason: 'left'; ref: Ref | undefined } | { reason: 'forbidden'; code: ErrorCode };

/** How one type of command is treated. */
export interface Treatment<T extends CommandType> {
  /** Which rate it counts against. */
  readonly bucket: BucketName;
  /** In messages; from the command as it came, not yet validated. */
  cost?(message: Readonly<Record<string, unknown>>): number;
  /** May come before a token. */
  readonly anonymous?: true;
  /**
   * May return a promise: later messages of the connection wait for it. Throws a Refusal.
   *
   * @param size bytes of the message
   */
  handle(stage: Stage, session: Session, command: CommandOf<T>, size: number): void | Promise<void>;
}
