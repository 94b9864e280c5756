import type {
  ErrorCode,
  ErrorDetails,
  Limits,
  Operation,
  TextOperation,
  UserPresence,
} from '../../protocol/index.ts';

/**
 * What stands in a room's log. Everything that a fold needs is in the entry: time, ids and identity were put
 * there by the node that accepted the command.
 */
export type Entry =
  | (Command<'join'> & {
      user: UserPresence & { userId: string };
      /** Without a token, so that nobody has proved who this is. */
      guest: boolean;
      /** The node that holds the session. */
      node: string;
      /** Users that the room may have, this one included. */
      maxUsers: number;
      /** Broken connections of the same user: what they hold passes to this one. */
      replaces?: string[];
      /** Connections that it had before, from which it goes on as if it had never been away. */
      recovers?: readonly string[];
      /** What it views; of one that never left, as far as its client knows. */
      views?: string[];
    })
  | (Command<'leave'> & {
      reason: LeaveReason;
      /** A connection of the same user: what this one holds passes to it. */
      passesTo?: string;
      /** What a connection that may not stay is told; FORBIDDEN where it is missing. */
      code?: ErrorCode;
    })
  | OnThing<'select'>
  | OnThing<'unselect'>
  | OnThing<'join_viewer'>
  | OnThing<'leave_viewer'>
  | (Command<'sceneOperation'> & {
      operations: Operation[];
      /** One alone came as a list: so is it named where it is refused. */
      isList?: true;
      version?: number;
      opId?: string;
    })
  | (Command<'operation'> & {
      documentId: string;
      operation: TextOperation;
      version: number;
      opId?: string;
    })
  | (Command<'message'> & {
      id: string;
      text: string;
      kind: string;
      metadata?: Record<string, unknown>;
      opId?: string;
    })
  | (Command<'relay'> & {
      id: string;
      event: string;
      data: unknown;
      /** Applied as far as they fit. */
      operations?: Operation[];
      /** For its author's connection, too. */
      toAll?: true;
      opId?: string;
    })
  /** Published by a backend, which is in no room: `by.connection` only says who waits for the answer. */
  | (Command<'event'> & {
      id: string;
      event: string;
      data: unknown;
      /** Ids of users and connections that shall not hear it. */
      exclude?: string[];
      opId?: string;
    })
  /** A lock's time to live ended: the connection's selection of the thing ends. */
  | { type: 'expire'; at: number; connection: string; thing: string }
  /** A node is gone, and all sessions that it held. */
  | { type: 'nodeGone'; at: number; node: string }
  /** The limits that hold from here on: they decide what is accepted, so they are part of the history. */
  | { type: 'configure'; at: number; limits: RoomLimits };

export type LeaveReason = 'left' | 'disconnected' | 'timeout' | 'kicked' | 'forbidden';

interface Command<T extends string> {
  type: T;
  /** Milliseconds since the Unix epoch. */
  at: number;
  by: Author;
}

interface OnThing<T extends string> extends Command<T> {
  thing: string;
}

export interface Author {
  connection: string;
  userId: string;
  ref?: string | number;
}

export type EntryOf<T extends Entry['type']> = Extract<Entry, { type: T }>;
export type CommandEntry = Extract<Entry, { by: Author }>;

/** The limits that decide what a fold accepts and keeps. */
export const roomLimitNames = [
  'MAX_USER_SESSIONS',
  'MAX_SELECTIONS',
  'MAX_ITEMS',
  'MAX_SCENE_BYTES',
  'MAX_DOCUMENTS',
  'MAX_TEXT_LENGTH',
  'KEPT_MESSAGES',
  'KEPT_EVENTS',
  'KEPT_EVENT_BYTES',
  'KEPT_TEXT_OPERATIONS',
  'MAX_TRANSFORMED_PARTS',
  'KEPT_OP_IDS',
  'KEPT_OP_ID_USERS',
] as const;
export type RoomLimits = Pick<Limits, (typeof roomLimitNames)[number]>;

export function roomLimitsOf(limits: Limits): RoomLimits {
  return Object.fromEntries(roomLimitNames.map((name) => [name, limits[name]])) as RoomLimits;
}

/** That somebody else holds the lock of a thing. */
export interface Lock {
  thing: string;
  lockedBy: string;
}

/** What a command is answered with. */
export type Answer =
  | { ok: true; version?: number; id?: string; locked?: Lock }
  | { ok: false; code: ErrorCode; details?: ErrorDetails & Partial<Lock> };

export function refuse(code: ErrorCode, details?: ErrorDetails & Partial<Lock>): Answer & { ok: false } {
  return details === undefined ? { ok: false, code } : { ok: false, code, details };
}

/** What ends by itself cannot be refused: nobody would ask for it again. */
export function mustNotBeLost({ type }: Entry): boolean {
  return type === 'leave' || type === 'expire' || type === 'nodeGone' || type === 'configure';
}
