import { type Static, type TProperties, Type } from 'typebox';
import { limits } from './limits.ts';
import { Operation, Operations } from './scene.ts';
import { CameraState, EventName, Id, JsonObject, Ref, UserPresence, Vector, Version } from './values.ts';

/**
 * What clients send: one JSON object, discriminated by `type`. `roomId` may be left out by a connection that
 * is in one room; `userId` may be left out, and must otherwise be the connection's own. Unknown
 * fields are ignored, so that newer clients can speak to older servers. [SPEC: NP]
 */
function command<const T extends string, P extends TProperties>(type: T, description: string, properties: P) {
  return Type.Object(
    { type: Type.Literal(type), ref: Type.Optional(Ref), after: Type.Optional(Ref), ...properties },
    { additionalProperties: true, description },
  );
}

const inRoom = { roomId: Type.Optional(Id), userId: Type.Optional(Id) };
const onThing = { ...inRoom, planetId: Id };
const opId = Type.Optional(Id);
/** Where the command is critical; bounded by the size of the message, as it holds all of it again. */
const signature = Type.Optional(Type.String({ description: 'a compact JWS of the command' }));
const document = Type.Object({ documentId: Id });

/** Where a client stands that comes back: with `offset` everything is recovered, without it the scene. */
export const Position = Type.Object(
  { epoch: Id, version: Type.Optional(Version), offset: Type.Optional(Version) },
  { description: 'a position {epoch, version?, offset?}' },
);
export type Position = Static<typeof Position>;

/** An `ot-text-unicode` operation: skip n code points, insert a string, delete {d: n or string}. */
export const TextOperation = Type.Array(
  Type.Union(
    [
      Type.Integer({ minimum: 1 }),
      Type.String({ minLength: 1 }),
      Type.Object(
        { d: Type.Union([Type.Integer({ minimum: 1 }), Type.String({ minLength: 1 })]) },
        { additionalProperties: false },
      ),
    ],
    { description: 'a number of at least 1 (skip), a string (insert) or {d: either} (delete)' },
  ),
  {
    maxItems: limits.MAX_TEXT_PARTS,
    description: 'a list of numbers (skip), strings (insert) and {d} (delete)',
  },
);
export type TextOperation = Static<typeof TextOperation>;

export const commands = {
  join: command(
    'join',
    'Enters a room, or updates the details of the user who is in it; with `since`, resumes where the client was.',
    {
      roomId: Id,
      user: Type.Optional(UserPresence),
      userId: Type.Optional(Id),
      scene: Type.Optional(Type.Boolean()),
      since: Type.Optional(Position),
    },
  ),
  leave: command(
    'leave',
    'Leaves a room, with all that the connection has selected and views there.',
    inRoom,
  ),
  select: command(
    'select',
    'Selects a thing. The first to select it holds its lock; the others are told by `conflict` who does.',
    onThing,
  ),
  unselect: command('unselect', 'Gives a selection back, and with it the lock.', onThing),
  join_viewer: command(
    'join_viewer',
    'Joins those who look at a thing and see the cameras of each other.',
    onThing,
  ),
  leave_viewer: command('leave_viewer', 'Looks at a thing no longer.', onThing),
  camera: command('camera', 'Signal: where the user looks from. Only those who view the same thing get it.', {
    ...onThing,
    camera: CameraState,
  }),
  heartbeat: command('heartbeat', 'A sign of life. Renews the locks of the connection.', {
    ...inRoom,
    ts: Type.Optional(Type.Number()),
  }),
  cursor: command('cursor', 'Signal: where the pointer is, and what is marked.', {
    ...inRoom,
    position: Type.Optional(
      Type.Union([Vector, JsonObject, Type.Null()], { description: 'a vector, an object or null' }),
    ),
    selection: Type.Optional(Type.Unknown()),
    target: Type.Optional(Id),
  }),
  typing: command('typing', 'Signal: whether the user is typing.', {
    ...inRoom,
    isTyping: Type.Boolean(),
    target: Type.Optional(Id),
  }),
  scroll: command('scroll', 'Signal: how far the user has scrolled.', {
    ...inRoom,
    position: Type.Unknown({ description: 'any JSON' }),
    target: Type.Optional(Id),
  }),
  sceneOperation: command(
    'sceneOperation',
    'Changes the scene, by either `operation` or `operations`: accepted all or none. With a `version` it is refused where somebody else changed the same property since.',
    {
      ...inRoom,
      operation: Type.Optional(Operation),
      operations: Type.Optional(Operations),
      version: Type.Optional(Version),
      opId,
      signature,
    },
  ),
  requestSync: command(
    'requestSync',
    'Asks for what came after a position or, with `documentId`, for one text document.',
    {
      ...inRoom,
      epoch: Type.Optional(Id),
      version: Type.Optional(Version),
      offset: Type.Optional(Version),
      ...Type.Partial(document).properties,
    },
  ),
  relay: command(
    'relay',
    'An event of the application’s own, for the others in the room or, with `toAll`, for everybody. Its `operations` are applied to the scene as far as they fit.',
    {
      ...inRoom,
      event: EventName,
      data: Type.Unknown({ description: 'any JSON' }),
      operations: Type.Optional(Operations),
      toAll: Type.Optional(Type.Boolean()),
      opId,
      signature,
    },
  ),
  message: command('message', 'A chat message for everybody in the room, its author included.', {
    ...inRoom,
    text: Type.String({ minLength: 1, maxLength: limits.MAX_CHAT_LENGTH }),
    kind: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    metadata: Type.Optional(JsonObject),
    opId,
    signature,
  }),
  operation: command('operation', 'Changes a text document, as it was at `version`.', {
    ...inRoom,
    ...document.properties,
    operation: TextOperation,
    version: Version,
    opId,
    signature,
  }),
  analytics: command(
    'analytics',
    'What an application counts: counted by the server too, and handed to the program that embeds it. Concerns no room.',
    { events: Type.Array(Type.Unknown(), { description: 'a list of events, any JSON' }) },
  ),
  auth: command('auth', 'Hands in a token, the first or a new one for the same user.', {
    token: Type.String({ minLength: 1, maxLength: 8192 }),
  }),
} as const;

/** Of applications whose cursors are anywhere: at a caret, in a cell, on a path. */
export const freeCursor = Type.Object(
  { ...commands.cursor.properties, position: Type.Optional(Type.Unknown()) },
  { additionalProperties: true },
);

export type CommandType = keyof typeof commands;
export type CommandOf<T extends CommandType> = Static<(typeof commands)[T]>;
export type Command = { [T in CommandType]: CommandOf<T> }[CommandType];
