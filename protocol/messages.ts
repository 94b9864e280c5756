import { type Static, type TProperties, Type } from 'typebox';
import { TextOperation } from './commands.ts';
import { type ErrorCode, errors } from './errors.ts';
import { Delta, Manifest, Operation } from './scene.ts';
import { CameraState, Id, JsonObject, Ref, UserPresence, Version } from './values.ts';

/**
 * What the server sends in the native dialect: one JSON object a message, discriminated by `type`. Clients
 * ignore types and fields that they do not know. [SPEC: NP]
 */
function message<const T extends string, P extends TProperties>(type: T, description: string, properties: P) {
  return Type.Object({ type: Type.Literal(type), ...properties }, { description });
}

const roomId = Id;
const timestamp = Type.Number({ description: 'milliseconds since the Unix epoch' });
/** The room's place in its log, after this message: what `since.offset` of a resume takes. */
const offset = Version;
const signal = { roomId, userId: Id, connectionId: Id };

/** A user in a room: what the application gave, who it is, and when it was last heard of. */
export const Presence = Type.Intersect([
  UserPresence,
  Type.Object({ userId: Id, lastSeen: timestamp, connections: Type.Integer({ minimum: 1 }) }),
]);

export const ChatMessage = Type.Object({
  id: Id,
  userId: Id,
  userName: Type.Optional(Type.String()),
  text: Type.String(),
  kind: Type.String(),
  metadata: Type.Optional(JsonObject),
  timestamp,
});
export type ChatMessage = Static<typeof ChatMessage>;

export const TextDocument = Type.Object({ version: Version, text: Type.String() });
export type TextDocument = Static<typeof TextDocument>;

/** The whole of what a room keeps. */
const whole = {
  epoch: Id,
  version: Version,
  offset,
  manifest: Manifest,
  documents: Type.Record(Type.String(), TextDocument),
  messages: Type.Array(ChatMessage),
};

export const messages = {
  welcome: message(
    'welcome',
    'The first message to a connection: its id, and what a client has to know of the server.',
    {
      connectionId: Id,
      userId: Type.Optional(Id),
      heartbeatMs: Type.Integer(),
      heartbeatGraceMs: Type.Integer(),
      tickMs: Type.Integer(),
      limits: Type.Record(Type.String(), Type.Number()),
    },
  ),
  ack: message('ack', 'The command `op` was accepted; an ordered one is durable.', {
    op: Type.String(),
    ok: Type.Literal(true),
    ref: Type.Optional(Ref),
    roomId: Type.Optional(Id),
    ts: Type.Optional(Type.Number({ description: 'server time; for a heartbeat the client’s own ts' })),
    epoch: Type.Optional(Id),
    version: Type.Optional(Version),
    offset: Type.Optional(offset),
    opId: Type.Optional(Id),
    id: Type.Optional(Id),
  }),
  error: message(
    'error',
    'A message was refused and has changed nothing; the connection lives on. Switch on `code`.',
    {
      op: Type.Optional(Type.String()),
      ok: Type.Literal(false),
      code: Type.Enum(Object.keys(errors) as [ErrorCode, ...ErrorCode[]]),
      message: Type.String(),
      ref: Type.Optional(Ref),
      roomId: Type.Optional(Id),
      opId: Type.Optional(Id),
      path: Type.Optional(Type.String()),
      expected: Type.Optional(Type.String()),
      item: Type.Optional(Id),
      limit: Type.Optional(Type.Union([Type.String(), Type.Number()])),
      retryAfterMs: Type.Optional(Type.Number()),
      version: Type.Optional(Version),
      current: Type.Optional(JsonObject),
    },
  ),
  conflict: message('conflict', 'Somebody else holds the lock of a thing.', {
    roomId,
    planetId: Id,
    lockedBy: Id,
    reason: Type.Optional(Type.String()),
    op: Type.Optional(Type.String()),
    ref: Type.Optional(Ref),
    opId: Type.Optional(Id),
  }),
  presence: message('presence', 'Everybody who is in the room, when that has changed.', {
    roomId,
    users: Type.Array(Presence),
  }),
  selection_state: message('selection_state', 'Who has selected what, the holder of the lock first.', {
    roomId,
    selected: Type.Record(Type.String(), Type.Array(Id)),
  }),
  viewer_cameras: message(
    'viewer_cameras',
    'The latest cameras of the others who view a thing, for one who joins them.',
    {
      roomId,
      planetId: Id,
      cameras: Type.Record(Type.String(), CameraState),
    },
  ),
  camera: message('camera', 'Signal: where another viewer of the thing looks from.', {
    ...signal,
    planetId: Id,
    camera: CameraState,
  }),
  cursor: message('cursor', 'Signal: where the pointer of somebody else is.', {
    ...signal,
    position: Type.Optional(Type.Unknown()),
    selection: Type.Optional(Type.Unknown()),
    target: Type.Optional(Id),
  }),
  typing: message('typing', 'Signal: whether somebody else is typing.', {
    ...signal,
    isTyping: Type.Boolean(),
    target: Type.Optional(Id),
  }),
  scroll: message('scroll', 'Signal: how far somebody else has scrolled.', {
    ...signal,
    position: Type.Unknown(),
    target: Type.Optional(Id),
  }),
  sceneState: message('sceneState', 'The whole of what the room keeps, to begin with or to begin anew.', {
    roomId,
    ...whole,
  }),
  sceneDelta: message(
    'sceneDelta',
    'What changed in the scene: it begins at the version where the delta or state before it ended.',
    { roomId, offset, ...Delta.properties },
  ),
  syncResponse: message(
    'syncResponse',
    'The answer to `requestSync`: nothing was missed, what was missed, or the whole state.',
    {
      roomId,
      ref: Type.Optional(Ref),
      mode: Type.Union([Type.Literal('current'), Type.Literal('delta'), Type.Literal('full')]),
      epoch: Id,
      version: Version,
      offset,
      fromVersion: Type.Optional(Version),
      operations: Type.Optional(Type.Array(Operation)),
      manifest: Type.Optional(Manifest),
      documents: Type.Optional(Type.Record(Type.String(), TextDocument)),
      messages: Type.Optional(Type.Array(ChatMessage)),
    },
  ),
  message: message('message', 'A chat message, with the id and the time that the server gave it.', {
    roomId,
    offset,
    ...ChatMessage.properties,
  }),
  operation: message(
    'operation',
    'A change of a text document, as it is to be applied to the version before `version`.',
    {
      roomId,
      offset,
      documentId: Id,
      operation: TextOperation,
      version: Version,
      userId: Id,
      connectionId: Id,
      opId: Type.Optional(Id),
    },
  ),
  event: message('event', 'What a backend has published to the room, or a connection has relayed.', {
    roomId,
    offset,
    id: Id,
    event: Type.String(),
    data: Type.Unknown(),
    userId: Type.Optional(Id),
    connectionId: Type.Optional(Id),
    timestamp,
  }),
  notification: message('notification', 'Something for one user, in whatever rooms that user is.', {
    id: Id,
    data: JsonObject,
    timestamp,
    /** Of the user's own room, for a connection that is in it. */
    roomId: Type.Optional(Id),
    offset: Type.Optional(offset),
  }),
  auth_expiring: message(
    'auth_expiring',
    'The token ends soon; an `auth` message with a new one keeps the connection.',
    { expiresAt: timestamp, inMs: Type.Integer() },
  ),
} as const;

export type MessageType = keyof typeof messages;
export type MessageOf<T extends MessageType> = Static<(typeof messages)[T]>;
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType];
