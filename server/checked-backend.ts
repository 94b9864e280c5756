import { Broadcast, Ingest, Notice, ProjectId, Publication, SessionGiven } from '../protocol/http/values.ts';
import { Id, type Limits } from '../protocol/index.ts';
import { checkedValue } from './api/parts.ts';
import type { Backend } from './backend/backend.ts';

/** The same for the program that embeds the server: what comes by HTTP was checked by the table. */
export function checkedBackend(backend: Backend, limits: Limits): Backend {
  const check = (schema: object, value: unknown) => checkedValue(schema, value, limits);
  const { tracking } = backend;
  // Async, so that a mistake is a rejection, too.
  return {
    ...backend,
    async publish(roomId, publication, by) {
      check(Id, roomId);
      check(Publication, publication);
      return backend.publish(roomId, publication, by);
    },
    async broadcast(roomIds, publication, by) {
      check(Broadcast, { rooms: roomIds, ...publication });
      return backend.broadcast(roomIds, publication, by);
    },
    async notify(userId, notice) {
      check(Id, userId);
      check(Notice, notice);
      return backend.notify(userId, notice);
    },
    tracking: {
      async start(projectId, given) {
        check(ProjectId, projectId);
        check(SessionGiven, given);
        return tracking.start(projectId, given);
      },
      async ingest(projectId, sessionId, events, idempotencyKey) {
        check(ProjectId, projectId);
        check(Id, sessionId);
        check(Ingest, idempotencyKey === undefined ? events : { events, idempotencyKey });
        return tracking.ingest(projectId, sessionId, events, idempotencyKey);
      },
      submit: tracking.submit,
      events: tracking.events,
    },
  };
}
