import { sessionRoutes } from '../../protocol/http/projects.ts';
import { roomRoutes } from '../../protocol/http/rooms.ts';
import {
  Broadcast,
  Ingest,
  Notice,
  ProjectId,
  Publication,
  SessionGiven,
} from '../../protocol/http/values.ts';
import { Id, type Limits, Refusal } from '../../protocol/index.ts';
import { checkedValue } from '../api/parts.ts';
import type { Backend } from '../backend/backend.ts';

/** The same for the program that embeds the server: what comes by HTTP was checked by the table. */
export function checkedBackend(backend: Backend, limits: Limits): Backend {
  const check = (schema: object, value: unknown) => checkedValue(schema, value, limits);
  /** Also as the log will have it, and so a copy: the program may change its own before that is told. */
  const taken = <T>(schema: object, value: T, anything = 'data'): T => {
    check(schema, value);
    const logged = written(value, anything);
    check(schema, logged);
    return logged;
  };
  const { tracking } = backend;
  // Async, so that a mistake is a rejection, too.
  return {
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
    disconnect(userId) {
      check(Id, userId);
      return backend.disconnect(userId);
    },
    async rooms(query = {}, may) {
      check(roomRoutes.rooms.query, query);
      return backend.rooms(query, may);
    },
    async room(roomId) {
      check(Id, roomId);
      return backend.room(roomId);
    },
    async presence(roomId) {
      check(Id, roomId);
      return backend.presence(roomId);
    },
    async state(roomId) {
      check(Id, roomId);
      return backend.state(roomId);
    },
    async operations(roomId, since, epoch) {
      check(Id, roomId);
      check(roomRoutes.operations.query, { since, epoch });
      return backend.operations(roomId, since, epoch);
    },
    async messages(roomId, query = {}) {
      check(Id, roomId);
      check(roomRoutes.messages.query, query);
      return backend.messages(roomId, query);
    },
    async recent(roomId, limit) {
      check(Id, roomId);
      check(roomRoutes.log.query, { limit });
      return backend.recent(roomId, limit);
    },
    tracking: {
      async start(projectId, given) {
        check(ProjectId, projectId);
        return tracking.start(projectId, taken(SessionGiven, given, 'metadata'));
      },
      async ingest(projectId, sessionId, given, key) {
        check(ProjectId, projectId);
        check(Id, sessionId);
        const { events } = taken(Ingest, { events: given, idempotencyKey: key }, 'events');
        return tracking.ingest(projectId, sessionId, events, key);
      },
      async submit(projectId, sessionId) {
        check(ProjectId, projectId);
        check(Id, sessionId);
        return tracking.submit(projectId, sessionId);
      },
      async events(projectId, sessionId, page = {}) {
        check(ProjectId, projectId);
        check(Id, sessionId);
        check(sessionRoutes.sessionEvents.query, page);
        return tracking.events(projectId, sessionId, page);
      },
    },
  };
}

/** Throws INVALID_FIELD. Only what stands at `path` may be anything. */
function written<T>(given: T, path: string): T {
  try {
    return JSON.parse(JSON.stringify(given));
  } catch {
    throw new Refusal('INVALID_FIELD', { path, expected: 'what can be written as JSON' });
  }
}
