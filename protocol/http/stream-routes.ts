import { type TObject, type TProperties, Type } from 'typebox';
import { type CommandType, commands } from '../commands.ts';
import type { ErrorCode } from '../errors.ts';
import { limits } from '../limits.ts';
import { streamTopics } from '../streams.ts';
import { Id, Version } from '../values.ts';
import { sceneAnswers } from './rooms.ts';
import { route } from './route.ts';
import { ProjectId } from './values.ts';

const inRoom = {
  path: '/rooms/:roomId',
  params: Type.Object({ roomId: Id }),
  room: ({ roomId = '' }: Readonly<Record<string, string>>) => roomId,
} as const;

const inScene = {
  path: '/projects/:projectId/scenes/:sceneId',
  params: Type.Object({ projectId: ProjectId, sceneId: Id }),
  room: ({ projectId, sceneId }: Readonly<Record<string, string>>) => `scene:${projectId}:${sceneId}`,
} as const;

type Where = typeof inRoom | typeof inScene;

const names = streamTopics.join(', ');
const name = `(${streamTopics.join('|')})`;
const list = (item: string) => `^(${item}(,${item})*)?$`;

/** For guests: users of a token are called what that says. */
const asGuest = { userId: Type.Optional(Id), name: Type.Optional(Id) };

const joining: readonly ErrorCode[] = [
  'IDENTITY_MISMATCH',
  'ROOM_FULL',
  'TOO_MANY_SESSIONS',
  'OVERLOADED',
  'LOG_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'LOG_CORRUPT',
  'SHUTTING_DOWN',
];

function events<const W extends Where>({ path, params, room }: W) {
  return route({
    method: 'GET',
    path: `${path}/events` as `${W['path']}/events`,
    summary: 'Joins, and stays for as long as the event stream is read.',
    scope: 'user',
    drains: true,
    params: params as W['params'],
    room,
    query: Type.Object({
      clientId: Type.Optional(Id),
      events: Type.Optional(
        Type.String({ pattern: list(name), description: `a list, with commas, of ${names}` }),
      ),
      planetId: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1000,
          description: 'the things, with commas, whose cameras are wanted',
        }),
      ),
      lastEventId: Type.Optional(Type.String({ maxLength: limits.MAX_ID_LENGTH })),
      ...asGuest,
    }),
    answers: {
      200: {
        description:
          'Events: connected, sceneState, sceneDelta, heartbeat, close and what `events` asks for. To an EventSource `close` alone says what would be 429 or 503, for browsers do not come back after a status.',
        contentType: 'text/event-stream',
      },
    },
    refusals: [...joining, 'LIMIT_EXCEEDED'],
  });
}

const Accepted = Type.Object(
  {
    ok: Type.Literal(true),
    roomId: Type.Optional(Id),
    version: Type.Optional(Version),
    id: Type.Optional(Id),
    opId: Type.Optional(Id),
    ts: Type.Optional(Type.Number()),
  },
  { description: 'as the `ack` of the command' },
);

const Selected = Type.Object(
  {
    ...Accepted.properties,
    planetId: Type.Optional(Id),
    lockedBy: Type.Optional(Id),
    reason: Type.Optional(Type.String()),
  },
  {
    description:
      'as the `ack` of the command; where somebody else holds the lock, with the fields of the `conflict`',
  },
);

/** A command as the body of a request: the address says where, and the client who. */
function fieldsOf(type: CommandType): TProperties {
  const {
    type: _,
    ref: __,
    roomId: ___,
    userId: ____,
    after: _____,
    ...fields
  } = commands[type].properties as TProperties;
  return fields;
}

function post<const W extends Where, const S extends string>(
  { path, params, room }: W,
  suffix: S,
  summary: string,
  fields: TProperties,
  refusals: readonly ErrorCode[] = [],
  answer: TObject = Accepted,
) {
  return route({
    method: 'POST',
    path: `${path}/${suffix}` as `${W['path']}/${S}`,
    summary,
    scope: 'user',
    params: params as W['params'],
    room,
    // Of a post a client knows no ref.
    body: Type.Object(
      { clientId: Id, ...asGuest, ...fields, after: Type.Optional(Id) },
      { additionalProperties: true },
    ) as TObject<{
      clientId: typeof Id;
      userId: (typeof asGuest)['userId'];
      name: (typeof asGuest)['name'];
    }>,
    answers: { 200: { description: 'Done.', schema: answer } },
    refusals: [...joining, ...refusals],
  });
}

const written: readonly ErrorCode[] = [
  'CONFLICT',
  'VERSION_CONFLICT',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'LIMIT_EXCEEDED',
  // Of what SIGNED_COMMANDS names.
  'SIGNATURE_INVALID',
];

const operations = <const W extends Where>(where: W) =>
  post(where, 'operations', 'Changes the scene.', fieldsOf('sceneOperation'), [
    ...written,
    'VERSION_UNKNOWN',
  ]);

const state = <const W extends Where>({ path, params, room }: W) =>
  route({
    method: 'GET',
    path: `${path}/state` as `${W['path']}/state`,
    summary: 'The scene, for who asks now and then. `If-None-Match` is answered 304 while it is the same.',
    scope: 'user',
    params: params as W['params'],
    room,
    answers: sceneAnswers,
    refusals: ['LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  });

const leave = <const W extends Where>({ path, params }: W) =>
  route({
    method: 'POST',
    path: `${path}/leave` as `${W['path']}/leave`,
    summary: 'Leaves, and ends the event stream of the client.',
    scope: 'user',
    params: params as W['params'],
    body: Type.Object({ clientId: Id, ...asGuest }),
    answers: { 200: { description: 'Done.', schema: Type.Object({ ok: Type.Literal(true), roomId: Id }) } },
  });

/** Of clients that read an event stream and post what they have to say. [SPEC: ES] */
export const streamRoutes = {
  sceneEvents: events(inScene),
  sceneState: state(inScene),
  sceneOperations: operations(inScene),
  sceneLeave: leave(inScene),
  roomEvents: events(inRoom),
  roomState: state(inRoom),
  roomOperations: operations(inRoom),
  roomTexts: post(inRoom, 'texts', 'Changes a text document.', fieldsOf('operation'), [
    'VERSION_UNKNOWN',
    'TEXT_OPERATION_INVALID',
    'LIMIT_EXCEEDED',
    'SIGNATURE_INVALID',
  ]),
  roomMessages: post(inRoom, 'messages', 'Says something in the chat.', fieldsOf('message'), [
    'SIGNATURE_INVALID',
  ]),
  roomRelays: post(inRoom, 'relays', 'Sends an event of the application’s own.', fieldsOf('relay'), written),
  roomSignals: post(
    inRoom,
    'signals',
    'Tells where the user is right now: a camera, cursor, typing or scroll, with its fields.',
    {
      type: Type.Union(
        [Type.Literal('camera'), Type.Literal('cursor'), Type.Literal('typing'), Type.Literal('scroll')],
        { description: '`camera`, `cursor`, `typing` or `scroll`' },
      ),
    },
    ['NOT_VIEWING'],
  ),
  roomSelections: post(
    inRoom,
    'selections',
    'Selects a thing or, with `selected: false`, gives it back.',
    { planetId: Id, selected: Type.Optional(Type.Boolean()) },
    ['LIMIT_EXCEEDED'],
    Selected,
  ),
  roomHeartbeats: post(inRoom, 'heartbeats', 'Renews the locks of the client, and its token.', {}),
  roomLeave: leave(inRoom),
} as const;
