import { Broadcast, Ingest, Notice, ProjectId, Publication, SessionGiven } from '../protocol/http/values.ts';
import { Id, type Limits, Refusal } from '../protocol/index.ts';
import { checkedValue } from './api/parts.ts';
import type { Backend } from './backend/backend.ts';

/** The same for the program that embeds the server: what comes by HTTP was checked by the table. */
export function checkedBackend(backend: Backend, limits: Limits): Backend {
  const check = (schema: object, value: unknown) => checkedValue(schema, value, limits);
  /** Also as the log will have it, and so a copy: the program may change its own before that is told. */
  const taken = <T>(schema: object, value: T): T => {
    check(schema, value);
    const logged = written(value);
    check(schema, logged);
    return logged;
  };
  const { tracking } = backend;
  // Async, so that a mistake is a rejection, too.
  return {
    ...backend,
    async publish(roomId, publication, by) {
      check(Id, roomId);
      return backend.publish(roomId, taken(Publication, publication), by);
    },
    async broadcast(roomIds, publication, by) {
      const { rooms, ...logged } = taken(Broadcast, { rooms: roomIds, ...publication });
      return backend.broadcast(rooms, logged, by);
    },
    async notify(userId, notice) {
      check(Id, userId);
      return backend.notify(userId, taken(Notice, notice));
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

/** Throws INVALID_FIELD. Only `data` may be anything. */
function written<T>(given: T): T {
  try {
    return JSON.parse(JSON.stringify(given));
  } catch {
    throw new Refusal('INVALID_FIELD', { path: 'data', expected: 'what can be written as JSON' });
  }
}
