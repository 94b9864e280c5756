import { errors, isPlainObject, type StreamTopic, streamTopics } from '../../../protocol/index.ts';
import type { Lock } from '../../room/entry.ts';
import { type Dialect, type RoomRule, ToOthers, toOthers, type Vocabulary } from '../dialect.ts';
import type { DirectEvent, RoomEvent, RoomView, SignalKind } from '../events.ts';
import { CLOSE, postFraming, type StreamMessage, streamFraming } from '../framings/event-stream.ts';
import { native } from './native.ts';
import { MAX_ROOM_USERS } from './socket-io/words.ts';

/** Events of the server's own: one of an application's that is called so gets a prefix. */
const reserved: ReadonlySet<string> = new Set([
  'connected',
  'sceneState',
  'sceneDelta',
  'heartbeat',
  'auth_expiring',
  'presence',
  'selections',
  'camera',
  'cameras',
  'cursor',
  'typing',
  'scroll',
  'message',
  'text',
  'error',
  'open',
  CLOSE,
]);

const signalTopics: Readonly<Record<SignalKind, StreamTopic>> = {
  camera: 'cameras',
  cursor: 'cursors',
  typing: 'typing',
  scroll: 'scroll',
};

const dialects = new Map<string, Dialect>();

/** The dialect of streams that carry these topics. */
export function streamDialectOf(topics: readonly string[]): Dialect {
  const wanted = streamTopics.map((one) => topics.includes(one));
  const name = `e${Number.parseInt(wanted.map(Number).join(''), 2).toString(36)}`;
  const known = dialects.get(name);
  if (known !== undefined) return known;
  const has = new Set(streamTopics.filter((_, index) => wanted[index]));
  const withOffset = has.has('messages') || has.has('texts') || has.has('published');
  const dialect = { name, framing: streamFraming(withOffset), vocabulary: streamOf(has) };
  dialects.set(name, dialect);
  return dialect;
}

function streamOf(has: ReadonlySet<StreamTopic>): Vocabulary {
  const when = <T>(topic: StreamTopic, rule: T): T | null => (has.has(topic) ? rule : null);
  return {
    ...posts,
    room: {
      presence: when('presence', renamed('presence', native.room.presence)),
      selection: when('selections', renamed('selections', native.room.selection)),
      delta: ({ fromVersion, toVersion, operations }) => [
        say('sceneDelta', { delta: { fromVersion, toVersion, operations } }),
      ],
      text: when('texts', renamed('text', native.room.text)),
      message: when('messages', renamed('message', native.room.message)),
      published: when('published', publishedAs),
    },
    signal: (event, view) =>
      has.has(signalTopics[event.kind])
        ? (native.signal?.(event, view) ?? []).map((one) => say(event.kind, withoutType(one)))
        : [],
    direct: {
      ...posts.direct,
      welcome: ({ connectionId, userId, terms: { heartbeatMs } }) => [
        say('connected', { connectionId, ...(userId === undefined ? {} : { userId }), heartbeatMs }),
      ],
      // Nothing that was asked for: the stream makes no sense any more.
      error: (event, view) =>
        event.ref === undefined
          ? [
              say(CLOSE, {
                code: event.code,
                message: event.message ?? errors[event.code],
                reconnect: false,
              }),
            ]
          : (posts.direct.error?.(event, view) ?? []),
      state: (event, view) => (view === undefined ? [] : [say('sceneState', stateOf(event, view, has))]),
      viewerCameras: when('cameras', (event, view) =>
        (native.direct.viewerCameras?.(event, view) ?? []).map((one) => say('cameras', withoutType(one))),
      ),
      notification: ({ data }) => [say('notification', data)],
      authExpiring: ({ expiresAt, inMs }) => [say('auth_expiring', { expiresAt, inMs })],
    },
  };
}

/** Clients that only post hear nothing but the answers. */
const posts: Vocabulary = {
  maxRoomUsers: MAX_ROOM_USERS,
  inbound: {
    countsOnce: true,
    // Who joins is known here: the user of the token, else a guest.
    read: (message, { userId, connectionId }) => {
      if (isPlainObject(message) && message.type === 'view') return viewsOf(message as unknown as StreamView);
      if (!isPlainObject(message) || message.type !== 'join') return [message as object];
      const { clientId = connectionId, user } = message;
      const given = isPlainObject(user) ? user : {};
      return [{ ...message, user: { ...given, userId: given.userId ?? userId ?? `guest-${clientId}` } }];
    },
  },
  room: { presence: null, selection: null, delta: null, text: null, message: null, published: null },
  signal: null,
  direct: {
    welcome: null,
    ack: ({ type: _, op: __, ref, locked, ...result }) =>
      answer(ref, { ok: true, ...result, ...(locked === undefined ? {} : heldAs(locked)) }),
    joined: ({ ref, userId }) => answer(ref, { ok: true, userId }),
    error: ({ ref, code, message = errors[code], opId, details }) =>
      answer(ref, { ok: false, code, message, ...(opId === undefined ? {} : { opId }), ...details }),
    // A post has one answer: that to a `select`, which stands, has said so.
    conflict: ({ op, ref, opId, thing, lockedBy }) =>
      op === 'select'
        ? []
        : answer(ref, {
            ok: false,
            code: 'CONFLICT',
            message: errors.CONFLICT,
            ...(opId === undefined ? {} : { opId }),
            thing,
            lockedBy,
          }),
    state: null,
    sync: null,
    viewerCameras: null,
    notification: null,
    authExpiring: null,
  },
};

export const postDialect: Dialect = { name: 'post', framing: postFraming, vocabulary: posts };

/** What a stream asks for once it has joined: the cameras of these things. */
export interface StreamView {
  readonly type: 'view';
  readonly things: readonly string[];
  readonly ref: number;
}

/** The last one is answered for all of them. */
function viewsOf({ things, ref }: StreamView): object[] {
  const views = things.map((planetId) => ({ type: 'join_viewer', planetId }));
  return [...views.slice(0, -1), { ...views.at(-1), ref }];
}

function say(event: string, data: unknown): StreamMessage {
  return { event, data };
}

function answer(
  ref: string | number | undefined,
  fields: { ok: boolean; [field: string]: unknown },
): StreamMessage[] {
  return ref === undefined ? [] : [{ answer: { ref, ...fields } }];
}

/** As a native `conflict` says it. */
function heldAs({ thing, lockedBy }: Lock): object {
  return { planetId: thing, lockedBy, reason: 'locked' };
}

function withoutType(message: object): object {
  const { type: _, ...fields } = message as { type?: unknown };
  return fields;
}

/** What a native client gets, as an event of this name. */
function renamed<E extends RoomEvent>(name: string, rule: RoomRule<E>): RoomRule<E> {
  return (event, view) =>
    (rule?.(event, view) ?? []).map((one) =>
      one instanceof ToOthers
        ? toOthers(say(name, withoutType(one.message)), one.connectionId)
        : say(name, withoutType(one)),
    );
}

function publishedAs({ event, data, connectionId, toAll }: Extract<RoomEvent, { type: 'published' }>) {
  // Backends are no connection: what they call a notification is one.
  const isTaken = reserved.has(event) || (event === 'notification' && connectionId !== undefined);
  const message = say(isTaken ? `published:${event}` : event, data);
  return [connectionId === undefined || toAll === true ? message : toOthers(message, connectionId)];
}

/** The scene, and of the rest what the stream carries. */
function stateOf(
  event: Extract<DirectEvent, { type: 'state' }>,
  view: RoomView,
  has: ReadonlySet<StreamTopic>,
): object {
  const [whole = {}] = native.direct.state?.(event, view) ?? [];
  const { documents, messages, ...scene } = withoutType(whole) as Record<string, unknown>;
  const [kind, projectId, ...rest] = view.roomId.split(':');
  return {
    ...(kind === 'scene' && rest.length > 0 ? { projectId, sceneId: rest.join(':') } : {}),
    ...scene,
    ...(has.has('texts') ? { documents } : {}),
    ...(has.has('messages') ? { messages } : {}),
  };
}
