import { Type } from 'typebox';
import { limits } from '../limits.ts';
import { Id } from '../values.ts';
import { route } from './route.ts';

/** The same in all requests of a client, so that what balances load can bring them to one process by it. */
const query = Type.Object({ clientId: Type.Optional(Id) });

/** What the key of a stream has at most; a line break, and a frame, may follow. */
export const MAX_KEY_BYTES = limits.MAX_ID_LENGTH;

/** The native protocol for where WebSocket is blocked. [SPEC: ES13] */
export const connectionRoutes = {
  connect: route({
    method: 'GET',
    path: '/ws/events',
    summary: 'Connects as a WebSocket does: the frames of `tandem.v1` as an event stream.',
    scope: 'user',
    query,
    answers: {
      200: {
        description: 'Events: open {key}, then frames without a name, at last close.',
        contentType: 'text/event-stream',
      },
    },
    refusals: ['SHUTTING_DOWN'],
  }),
  send: route({
    method: 'POST',
    path: '/ws/events',
    summary: 'Sends messages: the first line is the key of the stream, each further one a message.',
    query,
    text: 'The key, and messages, a line for each.',
    answers: { 204: { description: 'They were taken, in their order; answers come on the stream.' } },
    refusals: ['NOT_FOUND', 'MESSAGE_TOO_LARGE'],
  }),
  hangUp: route({
    method: 'POST',
    path: '/ws/events/end',
    summary: 'Says goodbye: ends the connection as the closing of a WebSocket does.',
    query,
    text: 'The key of the stream.',
    answers: { 204: { description: 'It has ended.' } },
    refusals: ['NOT_FOUND', 'MESSAGE_TOO_LARGE'],
  }),
} as const;
