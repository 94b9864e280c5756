import { Type } from 'typebox';
import { Id, Version } from '../values.ts';
import { route } from './route.ts';
import * as values from './values.ts';

const inRoom = {
  params: Type.Object({ roomId: Id }),
  room: ({ roomId = '' }: Readonly<Record<string, string>>) => roomId,
  scope: 'publish',
} as const;

const ofUser = {
  params: Type.Object({ userId: Id }),
  room: ({ userId = '' }: Readonly<Record<string, string>>) => `user:${userId}`,
  scope: 'publish',
} as const;

/** Of a scene; with the last `ETag` as `If-None-Match` only what is new. */
export const sceneAnswers = {
  200: {
    description: 'The scene.',
    schema: values.SceneContent,
    headers: { ETag: 'the epoch and version of the scene' },
  },
  304: { description: 'It is as it was.', headers: { ETag: 'the epoch and version of the scene' } },
} as const;

const limit = (most: number, usual: number) =>
  Type.Optional(
    Type.Integer({ minimum: 1, maximum: most, description: `1 to ${most}; ${usual} by default` }),
  );

/** What backends publish. */
export const publishingRoutes = {
  publish: route({
    ...inRoom,
    method: 'POST',
    path: '/api/rooms/:roomId/events',
    summary: 'Publishes an event to a room: ordered, durable, and once for each idempotencyKey.',
    body: values.Publication,
    answers: { 200: { description: 'It is durable, and on its way.', schema: values.Published } },
    refusals: ['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'LOG_CORRUPT', 'OVERLOADED', 'SHUTTING_DOWN'],
  }),
  broadcast: route({
    method: 'POST',
    path: '/api/broadcast',
    summary: 'Publishes an event to many rooms; each has its own result.',
    scope: 'publish',
    body: values.Broadcast,
    // So many rooms may have long ids.
    maxBody: 'MAX_FRAME_BYTES',
    answers: { 200: { description: 'What became of it in each room.', schema: values.Broadcasted } },
    refusals: ['SHUTTING_DOWN'],
  }),
  notify: route({
    ...ofUser,
    method: 'POST',
    path: '/api/users/:userId/notifications',
    summary: 'Tells a user something, on all connections.',
    body: values.Notice,
    answers: { 200: { description: 'As it was told.', schema: values.Notification } },
    refusals: ['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'LOG_CORRUPT', 'OVERLOADED', 'SHUTTING_DOWN'],
  }),
  disconnect: route({
    ...ofUser,
    method: 'POST',
    path: '/api/users/:userId/disconnect',
    summary: 'Ends all connections of a user, who is told not to come back by itself (KICKED).',
    answers: {
      200: {
        description: 'How many there were.',
        schema: Type.Object({ userId: Id, disconnected: Type.Integer() }),
      },
    },
    refusals: ['SHUTTING_DOWN'],
  }),
} as const;

/** What backends read. */
export const roomRoutes = {
  rooms: route({
    method: 'GET',
    path: '/api/rooms',
    summary: 'The rooms in which somebody is, by their ids.',
    scope: 'publish',
    query: Type.Object({
      prefix: Type.Optional(Type.String({ description: 'what the ids begin with' })),
      after: Type.Optional(Type.String({ description: '`next` of the page before' })),
      limit: limit(1000, 100),
    }),
    answers: { 200: { description: 'A page of them.', schema: values.RoomList } },
  }),
  room: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId',
    summary: 'A room: where it stands, and who is there.',
    answers: { 200: { description: 'The room.', schema: values.RoomDetail } },
    refusals: ['NOT_FOUND', 'LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
  presence: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId/presence',
    summary: 'Who is in a room.',
    answers: { 200: { description: 'The users.', schema: values.Presences } },
    refusals: ['LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
  state: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId/state',
    summary:
      'The scene of a room. `If-None-Match` with the last `ETag` is answered 304 while it is the same.',
    answers: sceneAnswers,
    refusals: ['LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
  operations: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId/operations',
    summary: 'What changed in the scene of a room after a version; VERSION_UNKNOWN where that is not kept.',
    query: Type.Object({ since: Version, epoch: Type.Optional(Id) }),
    answers: { 200: { description: 'What leads to the present version.', schema: values.Operations } },
    refusals: ['VERSION_UNKNOWN', 'LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
  messages: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId/messages',
    summary: 'The latest chat messages of a room that are kept, or those before one.',
    query: Type.Object({
      before: Type.Optional(
        Type.String({ minLength: 1, description: 'the id of a message, or a time in milliseconds' }),
      ),
      limit: limit(1000, 50),
    }),
    answers: { 200: { description: 'The messages.', schema: values.Messages } },
    refusals: ['LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
  log: route({
    ...inRoom,
    method: 'GET',
    path: '/api/rooms/:roomId/log',
    summary: 'What happened in a room lately, in order, as far as it is kept: for operators.',
    scope: 'admin',
    query: Type.Object({ limit: limit(1000, 100) }),
    answers: {
      200: { description: 'The latest entries that changed what the room keeps.', schema: values.RoomLog },
    },
    refusals: ['LOG_UNAVAILABLE', 'LOG_CORRUPT'],
  }),
} as const;
