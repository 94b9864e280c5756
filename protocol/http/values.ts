import { type Static, type TProperties, Type } from 'typebox';
import { TextOperation } from '../commands.ts';
import { errors } from '../errors.ts';
import { ChatMessage } from '../messages.ts';
import { Delta, Manifest, Operation } from '../scene.ts';
import { EventName, Id, JsonObject, Version } from '../values.ts';

/** Of requests: what is not known is refused, so that a misspelt field is no silent default. */
export function strict<P extends TProperties>(properties: P, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

const timestamp = Type.Number({ description: 'milliseconds since the Unix epoch' });

const excluded = Type.Union([Id, Type.Array(Id, { maxItems: 100 })], {
  description: 'the id of a user or a connection, or up to 100 of them',
});

/** What is published: everybody in the room hears `event` with `data`, but for `exclude`. */
export const Publication = strict(
  {
    event: EventName,
    data: Type.Unknown({ description: 'any JSON' }),
    exclude: Type.Optional(excluded),
    idempotencyKey: Type.Optional(Id),
  },
  'an event {event, data, exclude?, idempotencyKey?}',
);
export type Publication = Static<typeof Publication>;

export const Published = Type.Object({ roomId: Id, id: Id });
export type Published = Static<typeof Published>;

export const Broadcast = strict(
  {
    rooms: Type.Array(Id, { minItems: 1, maxItems: 1000, description: '1 to 1000 ids of rooms' }),
    ...Publication.properties,
  },
  'an event and the rooms that it is for',
);
export type Broadcast = Static<typeof Broadcast>;

export const Broadcasted = Type.Object({
  results: Type.Array(
    Type.Union([
      Type.Object({ roomId: Id, ok: Type.Literal(true), id: Id }),
      Type.Object({
        roomId: Id,
        ok: Type.Literal(false),
        code: Type.Enum(Object.keys(errors)),
        message: Type.String(),
      }),
    ]),
    { description: 'one for each room, in the order of the request' },
  ),
});
export type Broadcasted = Static<typeof Broadcasted>;

const kinds = ['info', 'success', 'warning', 'error'];
const priorities = ['low', 'medium', 'high', 'urgent'];

const notice = {
  title: Type.String({ minLength: 1, maxLength: 200, description: '1 to 200 characters' }),
  message: Type.String({ maxLength: 8192, description: 'at most 8192 characters' }),
  action: Type.Optional(
    strict(
      { label: Type.String({ maxLength: 200 }), url: Type.String({ maxLength: 2048 }) },
      'an action {label, url}',
    ),
  ),
};
const kind = Type.Enum(kinds, { description: `one of ${kinds.join(', ')}` });
const priority = Type.Enum(priorities, { description: `one of ${priorities.join(', ')}` });

/** What is to be told to a user; with a repeated `id` it is told once. */
export const Notice = strict(
  {
    id: Type.Optional(Id),
    ...notice,
    type: Type.Optional(kind),
    priority: Type.Optional(priority),
    timestamp: Type.Optional(timestamp),
    read: Type.Optional(Type.Boolean()),
  },
  'a notification {title, message, type?, priority?, action?, id?, timestamp?, read?}',
);
export type Notice = Static<typeof Notice>;

export const Notification = Type.Object({
  id: Id,
  ...notice,
  type: kind,
  priority,
  timestamp,
  read: Type.Boolean(),
});
export type Notification = Static<typeof Notification>;

export const RoomSummary = Type.Object({
  roomId: Id,
  members: Type.Integer({ description: 'users who are there' }),
  version: Version,
  epoch: Id,
});
export type RoomSummary = Static<typeof RoomSummary>;

export const RoomList = Type.Object({
  rooms: Type.Array(RoomSummary),
  next: Type.Optional(Id),
});
export type RoomList = Static<typeof RoomList>;

/** A user who is there: as the application described it, when it was last heard of, and its connections. */
export const Present = Type.Object(
  { userId: Id, lastSeen: timestamp, connections: Type.Integer({ minimum: 1 }) },
  { additionalProperties: true },
);
export type Present = Static<typeof Present>;

export const Presences = Type.Object({ roomId: Id, users: Type.Array(Present) });
export type Presences = Static<typeof Presences>;

export const RoomDetail = Type.Object({
  roomId: Id,
  epoch: Id,
  version: Version,
  offset: Version,
  members: Type.Array(Present),
});
export type RoomDetail = Static<typeof RoomDetail>;

export const SceneContent = Type.Object({ roomId: Id, epoch: Id, version: Version, manifest: Manifest });
export type SceneContent = Static<typeof SceneContent>;

export const Operations = Type.Object({ roomId: Id, epoch: Id, ...Delta.properties });
export type Operations = Static<typeof Operations>;

export const Messages = Type.Object({
  roomId: Id,
  messages: Type.Array(ChatMessage, { description: 'the oldest first' }),
  hasMore: Type.Boolean({ description: 'whether there are older ones' }),
});
export type Messages = Static<typeof Messages>;

/** What happened in a room, at its place in the log; which fields there are follows from `kind`. */
export const Logged = Type.Object({
  offset: Version,
  kind: Type.Enum(['operations', 'text', 'message', 'event']),
  userId: Type.Optional(Id),
  timestamp: Type.Optional(timestamp),
  /** operations */
  fromVersion: Type.Optional(Version),
  toVersion: Type.Optional(Version),
  operations: Type.Optional(Type.Array(Operation)),
  /** text: the document, and the version that it became */
  documentId: Type.Optional(Id),
  version: Type.Optional(Version),
  operation: Type.Optional(TextOperation),
  /** message */
  text: Type.Optional(Type.String()),
  /** event */
  event: Type.Optional(Type.String()),
  data: Type.Optional(Type.Unknown()),
});
export type Logged = Static<typeof Logged>;

export const RoomLog = Type.Object({
  roomId: Id,
  epoch: Id,
  offset: Version,
  entries: Type.Array(Logged, { description: 'the oldest first' }),
});
export type RoomLog = Static<typeof RoomLog>;

/** Part of longer ids, so that another split of one cannot name another thing. */
export const ProjectId = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^:\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]+$',
  description: 'an id without a colon',
});

const members = Type.Array(Id, { maxItems: 10_000, description: 'ids of users' });

export const ProjectGiven = strict(
  { ownerId: Id, members: Type.Optional(members), active: Type.Optional(Type.Boolean()) },
  'a project {ownerId, members?, active?}',
);
export type ProjectGiven = Static<typeof ProjectGiven>;

export const ProjectKnown = Type.Object({ id: ProjectId, ownerId: Id, members, active: Type.Boolean() });
export type ProjectKnown = Static<typeof ProjectKnown>;

export const SessionGiven = strict(
  { sessionId: Type.Optional(Id), externalUserId: Id, metadata: Type.Optional(JsonObject) },
  'a session {externalUserId, sessionId?, metadata?}',
);
export type SessionGiven = Static<typeof SessionGiven>;

const time = Type.String({ description: 'a time of ISO 8601' });

export const TrackedSession = Type.Object({
  projectId: ProjectId,
  sessionId: Id,
  externalUserId: Id,
  metadata: Type.Optional(JsonObject),
  startedAt: time,
  submittedAt: Type.Optional(time),
  submitted: Type.Boolean(),
  total: Type.Integer({ description: 'events that are stored' }),
});
export type TrackedSession = Static<typeof TrackedSession>;

const events = Type.Array(JsonObject, { maxItems: 10_000, description: 'a list of up to 10000 events' });

/** A list alone, or with the key by which a repeat is known. */
export const Ingest = Type.Union(
  [events, strict({ events, idempotencyKey: Type.Optional(Id) }, 'events and a key')],
  { description: 'a list of events (objects), or {events, idempotencyKey?}' },
);
export type Ingest = Static<typeof Ingest>;

export const Ingested = Type.Object({
  sessionId: Id,
  accepted: Type.Integer({ description: 'events of this request' }),
  total: Type.Integer({ description: 'events that are stored' }),
});
export type Ingested = Static<typeof Ingested>;

export const SessionEvents = Type.Object({
  ...TrackedSession.properties,
  events: Type.Array(JsonObject),
  next: Type.Optional(Type.Integer({ description: '`after` of the request for what follows' })),
});
export type SessionEvents = Static<typeof SessionEvents>;
