import type { Broadcasted, publishingRoutes, roomRoutes } from '../../../protocol/http/index.ts';
import { errors } from '../../../protocol/index.ts';
import type { Backend, HttpBackend } from '../../backend/backend.ts';
import type { Authorize, Principal } from '../../dispatch/principal.ts';
import type { HttpRequest } from '../../transport/connection.ts';
import { isKnown, JSON_TYPE } from '../replies.ts';
import type { Handlers } from '../row.ts';

export interface RoomHandlersOptions {
  backend: Backend;
  authorize: Authorize;
}

export function createPublishingHandlers({
  backend,
  authorize,
}: RoomHandlersOptions): Handlers<typeof publishingRoutes> {
  return {
    publish: async ({ params: { roomId }, body, principal }) => ({
      status: 200,
      json: await backend.publish(roomId, body, principal.userId),
    }),
    async broadcast({ body: { rooms, ...publication }, principal }) {
      const isOpen = new Map<string, boolean>();
      for (const roomId of rooms) isOpen.set(roomId, await authorize(principal, 'publish', roomId));
      const open = [...isOpen].filter(([, is]) => is).map(([roomId]) => roomId);
      const { results } = await backend.broadcast(open, publication, principal.userId);
      const byRoom = new Map(results.map((one) => [one.roomId, one]));
      return {
        status: 200,
        json: { results: rooms.map((roomId) => byRoom.get(roomId) ?? forbidden(roomId)) },
      };
    },
    notify: async ({ params: { userId }, body }) => ({
      status: 200,
      json: await backend.notify(userId, body),
    }),
    disconnect: ({ params: { userId } }) => ({
      status: 200,
      json: { userId, disconnected: backend.disconnect(userId) },
    }),
  };
}

export function createRoomHandlers({
  backend,
  authorize,
}: RoomHandlersOptions & { backend: HttpBackend }): Handlers<typeof roomRoutes> {
  const mayList = (principal: Principal) => (roomId: string) => authorize(principal, 'publish', roomId);
  return {
    rooms: async ({ query, principal }) => ({
      status: 200,
      json: await backend.rooms(query, mayList(principal)),
    }),
    room: async ({ params: { roomId } }) => ({ status: 200, json: await backend.room(roomId) }),
    presence: async ({ params: { roomId } }) => ({
      status: 200,
      json: { roomId, users: await backend.presence(roomId) },
    }),
    state: ({ params: { roomId }, request }) => sceneOf(backend, roomId, request),
    operations: async ({ params: { roomId }, query: { since, epoch } }) => ({
      status: 200,
      json: await backend.operations(roomId, since, epoch),
    }),
    messages: async ({ params: { roomId }, query }) => ({
      status: 200,
      json: await backend.messages(roomId, query),
    }),
    log: async ({ params: { roomId }, query: { limit } }) => ({
      status: 200,
      json: await backend.recent(roomId, limit),
    }),
  };
}

/** The scene of a room, unless the caller has it already. */
export async function sceneOf(
  backend: Pick<HttpBackend, 'scene'>,
  roomId: string,
  { headers: { 'if-none-match': known } }: HttpRequest,
) {
  const { etag, body } = await backend.scene(roomId);
  const headers = { etag, 'cache-control': 'no-cache' };
  if (isKnown(known, etag)) return { status: 304 as const, headers };
  return { http: { status: 200, headers: { 'content-type': JSON_TYPE, ...headers }, body: body() } };
}

function forbidden(roomId: string): Broadcasted['results'][number] {
  return { roomId, ok: false, code: 'FORBIDDEN', message: errors.FORBIDDEN };
}
