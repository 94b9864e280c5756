import type { CommandType } from '../../protocol/index.ts';
import type { DirectEvent, Ref, RoomEvent, RoomView, SignalEvent } from './events.ts';
import { markOf } from './mark.ts';

/**
 * One application's way of speaking: framing × vocabulary. What is rendered for one connection of a dialect
 * fits every other, so a room's events are rendered once per dialect.
 */
export interface Dialect {
  /** Short and unique: it is part of topic names. */
  readonly name: string;
  readonly framing: Framing;
  readonly vocabulary: Vocabulary;
  /** Hears of what cannot be said, which is then left out. Without it that is thrown. */
  readonly onFault?: (error: unknown, type: string) => void;
}

/** A dialect whose faults do not end more than the one message. */
export function reporting(dialect: Dialect, onFault: NonNullable<Dialect['onFault']>): Dialect {
  return { ...dialect, onFault };
}

export interface Framing {
  /** The message in a frame, not validated. Throws a Refusal. Undefined where the transport decodes. */
  readonly decode: ((bytes: Uint8Array, isBinary: boolean) => unknown) | undefined;
  encode(message: object): string;
  /** Encoded messages as they leave, each string one frame; where it does not batch, they are what they are. */
  frames(encoded: readonly string[]): readonly string[];
  /** Whether the transport itself notices that a client is gone; else its heartbeats tell that it is there. */
  readonly isWatched: boolean;
  /** A client whose connection breaks comes back by itself: it keeps its place for the grace, as one that is
   * not watched does. */
  readonly returns?: true;
  /** Whether an encoded message is no part of what the connection carries: it goes out however far behind that is. */
  isApart?(encoded: string): boolean;
  /** Whether the answer to a message is waited for: then its refusal is told, however many there are. */
  isAwaited?(message: unknown): boolean;
  /** Whether what answers a ref says nothing of it: then it is the same for all. */
  isUnanswered?(ref: Ref): boolean;
  /**
   * Puts a mark on the last of some messages that can bear one: clients hand in the latest, or what is made of
   * it, when they come back. Undefined: clients of this framing know by themselves where they stand.
   */
  readonly mark?: (messages: readonly object[], mark: string) => object[];
  /** Whether one frame holds all messages of a flush, so that nobody can be left out of some of them: a
   * client then gets what it sent itself, too, and knows it by the connection id. */
  readonly batches: boolean;
}

/** The messages that an event becomes; `null`: this application never hears of it. `view` is there whenever
 * an event concerns a room. */
export interface Vocabulary {
  /** What comes from clients, in the protocol's own words. Undefined: it comes in them. */
  readonly inbound?: Inbound;
  /** The room that the connections of a user hear without being in it, from when they are let in. */
  readonly roomOf?: (userId: string) => string;
  /** What the ids of rooms begin with of which a connection is in one at a time: it leaves the one before when it is
   * in another. */
  readonly oneAtATime?: string;
  /** Where MAX_ROOM_USERS is not set. Undefined: as the limit says. */
  readonly maxRoomUsers?: number;
  /** Answers come behind everything in the room that came before them, so that a client may take the version
   * in an answer for the one that it has. Otherwise they go as soon as they can, ahead of the tick. */
  readonly answersInOrder?: true;
  /** Who asks for what it missed gets no delta, which may be on its way already and would be applied twice: it gets the
   * whole state. */
  readonly syncsWhole?: true;
  readonly room: { readonly [T in RoomEvent['type']]: RoomRule<Extract<RoomEvent, { type: T }>> };
  readonly signal: Rule<SignalEvent, RoomView>;
  /** The state says who is there, which changes without the room's place. */
  readonly stateNamesMembers?: true;
  readonly direct: {
    readonly [T in DirectEvent['type']]: Rule<Extract<DirectEvent, { type: T }>, RoomView | undefined>;
  };
}

export interface Inbound {
  /** The commands that a message means, in their order, not validated; none where what it asks for is so
   * already. Throws a Refusal. */
  read(message: unknown, caller: Caller): object[];
  /** A message counts as one command, however many it means. */
  readonly countsOnce?: true;
  /** Of commands whose fields may be more than those of the protocol's own. */
  readonly schemas?: { readonly [T in CommandType]?: object };
  /** A field's name in the words of the client; `op` and `ref` are those of the message that it was in. */
  nameOf?(path: string, op: string | undefined, ref: Ref | undefined): string;
}

/** Who sent a message. */
export interface Caller {
  readonly connectionId: string;
  /** Proved by a token, or given at a first join; undefined before that. */
  readonly userId: string | undefined;
  readonly name: string | undefined;
  readonly email: string | undefined;
  /** The rooms that it is in, that which it joined last at the end. */
  readonly rooms: readonly string[];
}

export type Rule<E, V> = ((event: E, view: V) => object[]) | null;
export type RoomRule<E> = ((event: E, view: RoomView) => (object | ToOthers)[]) | null;

/**
 * A message for everybody in a room but the connection whose own it is. Where a framing batches, that one
 * gets it, too, and has to know it by the connection id.
 */
export class ToOthers {
  readonly message: object;
  readonly connectionId: string;

  constructor(message: object, connectionId: string) {
    this.message = message;
    this.connectionId = connectionId;
  }
}

export function toOthers(message: object, connectionId: string): ToOthers {
  return new ToOthers(message, connectionId);
}

/** An encoded message for a room. */
export interface RoomText {
  readonly text: string;
  /** The connection whose own it is. */
  readonly from: string | undefined;
  /** Users and connections that shall not hear it. */
  readonly exclude: readonly string[] | undefined;
}

/** Whether a message is kept from one who is there. */
export function isExcluded(
  { exclude }: Pick<RoomText, 'exclude'>,
  userId: string,
  connectionId: string,
): boolean {
  return exclude !== undefined && (exclude.includes(userId) || exclude.includes(connectionId));
}

/** @param version of the scene, as the receivers have it before the event */
export function renderRoom(dialect: Dialect, event: RoomEvent, view: RoomView, version: number): RoomText[] {
  try {
    return sayInRoom(dialect, event, view, version);
  } catch (error) {
    return leftOut(dialect, error, event.type);
  }
}

function leftOut({ onFault }: Dialect, error: unknown, type: string): [] {
  if (onFault === undefined) throw error;
  onFault(error, type);
  return [];
}

function sayInRoom(dialect: Dialect, event: RoomEvent, view: RoomView, version: number): RoomText[] {
  const rule = dialect.vocabulary.room[event.type] as RoomRule<RoomEvent>;
  const { encode } = dialect.framing;
  if (rule === null) return [];
  const told = rule(event, view);
  const messages = marked(
    dialect,
    told.map((one) => (one instanceof ToOthers ? one.message : one)),
    view,
    'offset' in event
      ? { version: event.type === 'delta' ? event.toVersion : version, offset: event.offset }
      : undefined,
  );
  const exclude = event.type === 'published' ? event.exclude : undefined;
  return messages.map((message, index) => {
    const one = told[index];
    return { text: encode(message), from: one instanceof ToOthers ? one.connectionId : undefined, exclude };
  });
}

/** @param place what their receiver has of the room then */
function marked(
  { framing }: Dialect,
  messages: object[],
  view: RoomView | undefined,
  place: { version: number; offset: number } | undefined,
): object[] {
  if (framing.mark === undefined || view === undefined || place === undefined) return messages;
  return framing.mark(messages, markOf(view, place));
}

export function renderSignal(dialect: Dialect, event: SignalEvent, view: RoomView): string[] {
  const rule = dialect.vocabulary.signal;
  try {
    return rule === null ? [] : rule(event, view).map(dialect.framing.encode);
  } catch (error) {
    return leftOut(dialect, error, event.kind);
  }
}

export function renderDirect(dialect: Dialect, event: DirectEvent, view?: RoomView): string[] {
  const rule = dialect.vocabulary.direct[event.type] as Rule<DirectEvent, RoomView | undefined>;
  if (rule === null) return [];
  try {
    return marked(dialect, rule(event, view), view, placeIn(event, view)).map(dialect.framing.encode);
  } catch (error) {
    return leftOut(dialect, error, event.type);
  }
}

/** Where a room stands for who has just been told of it. */
function placeIn(event: DirectEvent, view: RoomView | undefined) {
  if (event.type === 'joined') {
    const { version, offset } = event;
    return version === undefined || offset === undefined ? undefined : { version, offset };
  }
  if (event.type !== 'state' || view === undefined) return undefined;
  return { version: view.state.scene.version, offset: event.offset };
}
