import type { MessageOf, Operation } from '../../protocol/index.ts';
import type { Connection } from './connection.ts';
import type { TandemError } from './error.ts';
import type { Room } from './room.ts';

/** A message of the server. */
export type Incoming = Readonly<Record<string, unknown>>;
/** `refused`: the user may not be in it. */
export type RoomStatus = 'joining' | 'joined' | 'refused' | 'left';
export type User = Readonly<Record<string, unknown>> & { userId?: string; id?: string; name?: string };

export interface RoomEvents {
  status: RoomStatus;
  /** How many ordered commands wait for an answer, and texts for their turn. */
  pending: number;
  cursor: MessageOf<'cursor'>;
  typing: MessageOf<'typing'>;
  scroll: MessageOf<'scroll'>;
  /** An event of the application's own, relayed by another connection or published by a backend. */
  event: MessageOf<'event'>;
  /** A refusal that no command waits for. */
  error: TandemError;
}

/** What a room needs of its client. */
export interface Link {
  readonly connection: Pick<Connection, 'send' | 'isBusy' | 'signalMs' | 'welcome' | 'userId'>;
  /** Whether a connection is, or was, this client's own. */
  isOwn(connectionId: unknown): boolean;
  left(room: Room): void;
}

export interface RelayOptions {
  operations?: Operation[];
  /** Also to this client; all events of one name are, or none. */
  toAll?: boolean;
}
