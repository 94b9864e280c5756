import type {
  ChatMessage,
  ErrorCode,
  ErrorDetails,
  JsonObject,
  Operation,
  TextDocument,
  TextOperation,
} from '../../protocol/index.ts';
import type { Departed } from '../room/effect.ts';
import type { Lock } from '../room/entry.ts';
import type { RoomState } from '../room/state.ts';

// What the server has to say, before any application's words for it. Every vocabulary decides about every type of
// event; a new one does not compile until all of them have.

/** For everybody in a room, in the room's order. */
export type RoomEvent =
  /** Who came, went or changed since the last flush; who is there now stands in the view. */
  | {
      type: 'presence';
      joined: readonly string[];
      left: readonly Departed[];
      updated: readonly string[];
      /** Who has heard this has all through here; absent where more of the same flush follows. */
      offset?: number;
    }
  | { type: 'selection' }
  | DeltaEvent
  | {
      type: 'text';
      offset: number;
      documentId: string;
      operation: TextOperation;
      version: number;
      userId: string;
      userName?: string;
      connectionId: string;
      opId?: string;
    }
  | { type: 'message'; offset: number; message: ChatMessage }
  | {
      type: 'published';
      offset: number;
      id: string;
      event: string;
      data: unknown;
      userId?: string;
      userName?: string;
      /** Of a relayed one: the connection that sent it, which hears it only with `toAll`. */
      connectionId?: string;
      toAll?: true;
      /** Ids of users and connections that shall not hear it. */
      exclude?: readonly string[];
      at: number;
    };

/** What changed in the scene; all of it is told either by `operations`, or by events and `bare`. */
export interface DeltaEvent {
  type: 'delta';
  offset: number;
  fromVersion: number;
  toVersion: number;
  operations: Operation[];
  /** For applications that show relayed events instead: what leads from these to the same scene. */
  readonly bare: Operation[];
}

/** Where somebody is right now; `payload` has the fields of the command that told it. */
export interface SignalEvent {
  type: 'signal';
  kind: SignalKind;
  connectionId: string;
  userId: string;
  /** What it is about: only who views it gets the signal. */
  thing: string | undefined;
  payload: Readonly<Record<string, unknown>>;
}

export const signalKinds = ['camera', 'cursor', 'typing', 'scroll'] as const;
export type SignalKind = (typeof signalKinds)[number];

/** For one connection. */
export type DirectEvent =
  /** With a `pid` the client can come back to its rooms, see Recovery. */
  | { type: 'welcome'; connectionId: string; pid?: string; userId: string | undefined; terms: Terms }
  | {
      type: 'ack';
      op: string;
      ref?: Ref;
      roomId?: string;
      ts?: number;
      version?: number;
      opId?: string;
      id?: string;
      /** Of a `select`: somebody else holds the lock, as a `conflict` says next. */
      locked?: Lock;
    }
  /** The answer to a join that was accepted, and where its room stands, if what leads there comes with it. */
  | { type: 'joined'; ref?: Ref; userId: string; version?: number; offset?: number }
  | {
      type: 'error';
      op?: string;
      ref?: Ref;
      roomId?: string;
      opId?: string;
      code: ErrorCode;
      message?: string;
      details?: ErrorDetails;
    }
  | ({ type: 'conflict'; op: string; ref?: Ref; opId?: string } & Lock)
  | { type: 'state'; offset: number }
  | { type: 'sync'; ref?: Ref; answer: SyncAnswer }
  | { type: 'viewerCameras'; thing: string; cameras: Readonly<Record<string, unknown>> }
  /** For a user who is not in the room where it was published. */
  | { type: 'notification'; id: string; data: JsonObject; at: number }
  | { type: 'authExpiring'; expiresAt: number; inMs: number };

export type Ref = string | number;

export type SyncAnswer =
  | { mode: 'current'; version: number; offset: number }
  | { mode: 'delta'; version: number; offset: number; fromVersion: number; operations: Operation[] }
  | { mode: 'full'; version: number; offset: number }
  | { mode: 'document'; version: number; offset: number; documents: Record<string, TextDocument> };

/** What a client has to know of the server. */
export interface Terms {
  heartbeatMs: number;
  heartbeatGraceMs: number;
  tickMs: number;
  limits: Readonly<Record<string, number>>;
}

/** The room that an event is about, as it is at the flush. */
export interface RoomView {
  readonly roomId: string;
  readonly epoch: string;
  readonly state: RoomState;
  /** When a user was last heard of, in milliseconds since the Unix epoch. */
  lastSeen(userId: string): number;
}
