import type { ChatMessage, ErrorCode, Operation, TextOperation, UserPresence } from '../../protocol/index.ts';
import type { Answer, Author, CommandEntry, LeaveReason, Lock } from './entry.ts';
import type { Place } from './place.ts';

/**
 * What follows from an entry. The fold returns effects as values; the open room executes them, after the log
 * has accepted the entry.
 */
export type Effect =
  /** Answers the command; sent only where its author's connection is. */
  | { kind: 'answer'; op: string; to: Author; answer: Answer; opId?: string }
  /** Tells the author that somebody else holds the lock of what it selected. */
  | ({ kind: 'conflict'; op: string; to: Author } & Lock)
  /** The connection is in the room from now on (again: with other details); `place`: where the room stands then. */
  | { kind: 'entered'; to: Author; node: string; place: Place }
  /** The connection is no longer in the room; `code`: what it is told, where it had to go. */
  | { kind: 'removed'; connection: string; reason: LeaveReason; code?: ErrorCode }
  /** The connection views the thing from now on, or no longer. */
  | { kind: 'viewing'; connection: string; thing: string; views: boolean }
  /** Users came, went or changed. */
  | { kind: 'members'; joined?: string; left?: Departed; updated?: string }
  /** Somebody's selection changed. */
  | { kind: 'selection' }
  /** Who holds the lock of a thing, and with which connections, may have changed; `released`: one that let go. */
  | { kind: 'claims'; thing: string; released?: string }
  /** The fold failed over an entry: a fault of the program, the same wherever the entry is folded. */
  | { kind: 'fault'; entry: string; error: unknown }
  | Recoverable;

/** A user who went, and when: the room no longer knows. */
export type Departed = UserPresence & { userId: string; leftAt: number };

/** Ordered events that a client which missed them can get later. */
export type Recoverable =
  | OperationsEffect
  | {
      kind: 'text';
      documentId: string;
      operation: TextOperation;
      version: number;
      by: Author;
      /** As it was then: the room does not know who has left. */
      userName?: string;
      opId?: string;
    }
  | { kind: 'message'; message: ChatMessage }
  | {
      kind: 'event';
      id: string;
      event: string;
      data: unknown;
      userId?: string;
      /** As it was then. */
      userName?: string;
      /** Of a relayed one: the connection that sent it, which hears it only with `toAll`. */
      connectionId?: string;
      toAll?: true;
      /** Ids of users and connections that shall not hear it. */
      exclude?: readonly string[];
      at: number;
    };

/** What one entry changed in the scene; nothing where every value was there already. */
export interface OperationsEffect {
  kind: 'operations';
  fromVersion: number;
  toVersion: number;
  operations: Operation[];
  /** An event of the same entry tells it, too. */
  relayed?: true;
}

/** The answer to a command, under the opId by which its author knows it. */
export function answerTo(entry: CommandEntry, answer: Answer): Effect {
  const effect: Effect = { kind: 'answer', op: entry.type, to: entry.by, answer };
  if ('opId' in entry && entry.opId !== undefined) effect.opId = entry.opId;
  return effect;
}
