import { type TProperties, Type } from 'typebox';
import { Id } from '../values.ts';
import { route } from './route.ts';
import * as values from './values.ts';

const room = (name: 'id' | 'projectId') => (params: Readonly<Record<string, string>>) =>
  `project:${params[name]}`;

const ofProject = {
  params: Type.Object({ id: values.ProjectId }),
  room: room('id'),
  scope: 'publish',
} as const;

const stored = ['LOG_UNAVAILABLE', 'SHUTTING_DOWN'] as const;

/** The projects that the server knows. */
export const projectRoutes = {
  projects: route({
    method: 'GET',
    path: '/api/projects',
    summary: 'The projects that the server knows.',
    scope: 'publish',
    answers: {
      200: {
        description: 'Those that the token opens.',
        schema: Type.Object({ projects: Type.Array(values.ProjectKnown) }),
      },
    },
  }),
  putProject: route({
    ...ofProject,
    method: 'PUT',
    path: '/api/projects/:id',
    summary:
      'Adds a project, or replaces what is known of it. Who may be in its rooms no longer leaves them.',
    body: values.ProjectGiven,
    maxBody: 'MAX_FRAME_BYTES',
    answers: { 200: { description: 'As it is known now.', schema: values.ProjectKnown } },
    refusals: stored,
  }),
  getProject: route({
    ...ofProject,
    method: 'GET',
    path: '/api/projects/:id',
    summary: 'A project.',
    answers: { 200: { description: 'The project.', schema: values.ProjectKnown } },
    refusals: ['PROJECT_NOT_FOUND'],
  }),
  deleteProject: route({
    ...ofProject,
    method: 'DELETE',
    path: '/api/projects/:id',
    summary: 'Forgets a project; one that is not known is forgotten already.',
    answers: { 204: { description: 'It is not known any more.' } },
    refusals: stored,
  }),
} as const;

function tracked<P extends TProperties>(more: P) {
  return {
    params: Type.Object({ projectId: values.ProjectId, ...more }),
    room: room('projectId'),
    scope: 'publish',
  } as const;
}
const ofSession = tracked({ sessionId: Id });
const refusals = [
  'PROJECT_NOT_FOUND',
  'PROJECT_INACTIVE',
  'LOG_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'LOG_CORRUPT',
  'SHUTTING_DOWN',
] as const;

/** Sessions whose events a tracking backend hands in, and which the project's owner watches. */
export const sessionRoutes = {
  startSession: route({
    ...tracked({}),
    method: 'POST',
    path: '/api/projects/:projectId/sessions',
    summary:
      'Starts a session; the project hears `session-started`. A `sessionId` that is known is no second one.',
    body: values.SessionGiven,
    answers: {
      200: { description: 'It had been started before.', schema: values.TrackedSession },
      201: { description: 'It was started.', schema: values.TrackedSession },
    },
    refusals: [...refusals, 'CONFLICT', 'OVERLOADED'],
  }),
  ingest: route({
    ...ofSession,
    method: 'POST',
    path: '/api/projects/:projectId/sessions/:sessionId/events',
    summary: 'Stores events of a session; the project hears the first ten of them as `event-received`.',
    body: values.Ingest,
    maxBody: 'MAX_FRAME_BYTES',
    answers: { 200: { description: 'They are durable.', schema: values.Ingested } },
    refusals: [...refusals, 'NOT_FOUND', 'SESSION_SUBMITTED', 'LIMIT_EXCEEDED', 'OVERLOADED'],
  }),
  submitSession: route({
    ...ofSession,
    method: 'POST',
    path: '/api/projects/:projectId/sessions/:sessionId/submit',
    summary: 'Ends a session; the project hears `session-ended`, once.',
    answers: { 200: { description: 'It was submitted.', schema: values.TrackedSession } },
    refusals: [...refusals, 'NOT_FOUND', 'OVERLOADED'],
  }),
  sessionEvents: route({
    ...ofSession,
    method: 'GET',
    path: '/api/projects/:projectId/sessions/:sessionId/events',
    summary: 'The events of a session, in the order in which they came.',
    query: Type.Object({
      after: Type.Optional(Type.Integer({ minimum: 0, description: 'how many to leave out; 0 by default' })),
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 10_000, description: '1 to 10000; 1000 by default' }),
      ),
    }),
    answers: { 200: { description: 'A page of them.', schema: values.SessionEvents } },
    refusals: [...refusals, 'NOT_FOUND'],
  }),
} as const;
