import { errors, isIdWithin, isPlainObject, limits, Refusal } from '../../../../protocol/index.ts';
import type { Caller } from '../../dialect.ts';
import type { DirectEvent, Ref, RoomView } from '../../events.ts';
import { emit, originOf, type SocketEvent, type SocketMessage } from '../../framings/socket-io-framing.ts';

/** In the rooms of these applications. */
export const MAX_ROOM_USERS = 200;

/** What the ids of rooms begin with in which the words of components and of projects are spoken. */
export const COMPONENT = 'component:';
export const ENTITY = 'entity:';
export const PROJECT = 'project:';

/** A command in the protocol's own words, without the ref: that is added to all. */
export type Words = { readonly type: string; [field: string]: unknown };

/** What one event of a client means. */
export interface Meaning {
  /** Throws a Refusal that names a field in the client's own words. */
  commands(given: Fields, caller: Caller): Words[];
  /** What the first argument is called, where it is no object of fields itself. */
  readonly wraps?: string;
  /** The client's own names of the commands' fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

/** By the name of the event. */
export type Meanings = ReadonlyMap<string, Meaning>;

export function meaningsOf(table: Readonly<Record<string, Meaning>>): Meanings {
  return new Map(Object.entries(table));
}

/** The first argument of an event. */
export class Fields {
  readonly all: Readonly<Record<string, unknown>>;

  constructor(given: unknown) {
    if (given !== undefined && given !== null && !isPlainObject(given)) {
      throw new Refusal('INVALID_FIELD', { path: '', expected: 'an object as the first argument' });
    }
    this.all = given ?? {};
  }

  id(name: string, others = 0): string {
    return idOf(this.all[name], name, others);
  }

  /** An id that becomes part of a longer one, so that another split of that cannot name another thing. */
  part(name: string, others = 0): string {
    const value = this.id(name, others);
    if (!value.includes(':')) return value;
    throw new Refusal('INVALID_FIELD', { path: name, expected: 'an id without a colon' });
  }

  object(name: string): Readonly<Record<string, unknown>> {
    const value = this.all[name];
    if (isPlainObject(value)) return value;
    throw new Refusal('INVALID_FIELD', { path: name, expected: 'an object' });
  }

  /** Undefined where it is left out: so pages have it that know of none, and say null. */
  optional(name: string): unknown {
    return this.all[name] ?? undefined;
  }

  has(name: string): boolean {
    return this.optional(name) !== undefined;
  }
}

/**
 * A value that has to be an id.
 *
 * @param others characters that stand beside it where it becomes part of a longer id
 */
export function idOf(value: unknown, path: string, others = 0): string {
  const most = limits.MAX_ID_LENGTH - others;
  if (isIdWithin(value, most)) return value;
  throw new Refusal('INVALID_FIELD', { path, expected: `an id: 1 to ${most} characters` });
}

/** Characters of a text, as ids count them. */
export function charactersOf(text: string): number {
  return [...text].length;
}

/** A field of the first argument as its sender calls it. */
export function fieldOf(path: string): string {
  return path.replace(/^args\[0\]\.?/, '');
}

/** The one thing in an operation that can be wrong where its data come from a field of this name. */
export function transformIn(name: string): Readonly<Record<string, string>> {
  return { 'operations[0].data.transform': `${name}.transform` };
}

const signals: ReadonlySet<string> = new Set(['camera', 'cursor', 'typing', 'scroll']);

/** What a message means by a table of meanings, with the ref that leads its answers back. */
export function read(meanings: Meanings, message: SocketEvent, caller: Caller): object[] {
  const meaning = meanings.get(message.type);
  if (meaning === undefined) throw new Refusal('UNKNOWN_TYPE', { path: 'event' });
  const [first] = message.args;
  const given = new Fields(meaning.wraps === undefined ? first : { [meaning.wraps]: first });
  const commands = meaning.commands(given, caller);
  const signature = given.optional('signature');
  const opId = given.optional('opId');
  const last = commands.at(-1);
  if (last === undefined) return commands;
  // The last one answers the callback.
  for (const one of commands) if (one !== last) one.ref = `${message.type}#`;
  // Signals are answered only where a callback waits for it.
  if (message.isAsked || !signals.has(last.type)) last.ref = message.ref;
  if (signature === undefined) return commands;
  last.signature = signature;
  // What is signed has an id, also where the event is none of those that have one.
  if (opId !== undefined) last.opId ??= opId;
  return commands;
}

/** The user of a join: who the token says, or else a guest for this connection. */
export function userOf(caller: Caller, given: { userId?: unknown; name?: unknown } = {}): object {
  return {
    userId: given.userId ?? caller.userId ?? `guest-${caller.connectionId}`,
    ...(given.name === undefined ? {} : { name: given.name }),
    ...describedBy(caller),
  };
}

/** What its token says of a caller, beside who it is. */
export function describedBy({ name, email }: Caller): object {
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
  };
}

/** Answers a callback, where one waits. */
export function acknowledge(ref: Ref | undefined, ...args: unknown[]): SocketMessage[] {
  const { id } = originOf(ref);
  return id === undefined ? [] : [{ ack: id, args }];
}

/** The answer to a command that was accepted, for a callback. */
export function acknowledged(event: Extract<DirectEvent, { type: 'ack' }>): SocketMessage[] {
  const { type: _, op: __, ref, ...result } = event;
  return acknowledge(ref, { ok: true, ...result });
}

type Failure = Extract<DirectEvent, { type: 'error' | 'conflict' }>;

/**
 * To the callback where one waits, else as the event `error`.
 *
 * @param place names the room, as its application does: an event may concern two, and some come unasked
 */
export function fail(failure: Failure, place: object): SocketMessage[] {
  const { name, id } = originOf(failure.ref);
  const answer = {
    ok: false,
    ...detailsOf(failure),
    event: name || failure.op,
    ...(id === undefined ? place : {}),
  };
  return id === undefined ? [emit('error', answer)] : [{ ack: id, args: [answer] }];
}

function detailsOf(failure: Failure): object {
  if (failure.type === 'conflict') {
    const { thing, lockedBy } = failure;
    return { code: 'CONFLICT', message: errors.CONFLICT, thing, lockedBy };
  }
  const { code, message = errors[failure.code], details, opId } = failure;
  return { code, message, ...(opId === undefined ? {} : { opId }), ...details };
}

/** What the server says in its own name, and what is not to be said by members of a room. */
const ownEvents: ReadonlySet<string> = new Set([
  ...['error', 'notification', 'auth_expiring', 'connected', 'pong', 'operation', 'message'],
  ...['sceneJoined', 'sceneDelta', 'syncResponse', 'userJoined', 'userLeft'],
  ...[
    'room_joined',
    'room_left',
    'user_joined',
    'user_left',
    'user_typing',
    'cursor_move',
    'scroll_position',
  ],
  ...['component:user-joined', 'component:user-left', 'component:typing', 'component:cursor'],
  ...['session-started', 'event-received', 'session-ended'],
]);

/** What an event of an application is called: backends, which are no connection, may say all. */
export function publishedName({ event, connectionId }: { event: string; connectionId?: string }): string {
  return connectionId !== undefined && ownEvents.has(event) ? `published:${event}` : event;
}

/** What a member relayed, with who it is from; what has no fields is told as it came, but in an application's own words. */
export function relayed(data: unknown, fields: object, isOwnWord: boolean): unknown {
  if (isPlainObject(data)) return { ...data, ...fields };
  return isOwnWord ? fields : data;
}

/** Whatever else a user is called by, at least by the id. */
export function nameIn({ state }: RoomView, userId: string): string {
  return displayName(state.members.get(userId)?.user, userId);
}

export function displayName(user: { name?: unknown } | undefined, userId: string): string {
  return typeof user?.name === 'string' ? user.name : userId;
}
