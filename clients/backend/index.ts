import { randomUUID } from 'node:crypto';
import type {
  Broadcasted,
  Ingested,
  Messages,
  Notice,
  Notification,
  Operations,
  Present,
  ProjectGiven,
  ProjectKnown,
  Published,
  RoomDetail,
  RoomList,
  SceneContent,
  SessionEvents,
  SessionGiven,
  TokensToRevoke,
  TrackedSession,
} from '../../protocol/http/index.ts';
import type { JsonObject } from '../../protocol/index.ts';
import { createCall, type RequestOptions } from './request.ts';

export { BackendError } from './error.ts';
export type { RequestOptions } from './request.ts';

export interface PublishOptions {
  /** Users and connections that shall not hear it. */
  readonly exclude?: string | string[];
  /** What is published under one key is published once. Default: a new one for each call. */
  readonly idempotencyKey?: string;
}

/**
 * What a backend may do with a Tandem server. Everything may be tried again without happening twice, and is, where
 * there was no answer, or the server asked for it. Everything rejects with a {@link BackendError}; but with what `token`
 * throws, and with the reason of the `signal` once that is aborted.
 */
export interface Backend {
  /** Everybody in the room hears `event` with `data`. Resolves when that is durable. */
  publish(roomId: string, event: string, data: unknown, options?: PublishOptions): Promise<Published>;
  /** The same in many rooms; each has its own result. */
  broadcast(
    roomIds: string[],
    event: string,
    data: unknown,
    options?: PublishOptions,
  ): Promise<Broadcasted['results']>;
  /** Everybody who watches a project hears `event` with `data`. */
  broadcastToProject(
    projectId: string,
    event: string,
    data: unknown,
    options?: PublishOptions,
  ): Promise<Published>;
  /** The ids of the users who watch a project. */
  getConnectedUsersInProject(projectId: string): Promise<string[]>;
  /** Tells a user something, on all connections. */
  notify(userId: string, notice: Notice): Promise<Notification>;
  /** Ends all connections of a user. Resolves with how many there were. */
  disconnect(userId: string): Promise<number>;
  /**
   * Takes tokens back: one by its `jti`, all of a user issued before now by `sub`, or a `token` itself. Needs the scope
   * `admin`. Resolves with how many connections were closed because of it.
   */
  revoke(what: TokensToRevoke): Promise<number>;
  /** The rooms in which somebody is. */
  rooms(query?: { prefix?: string; after?: string; limit?: number }): Promise<RoomList>;
  room(roomId: string): Promise<RoomDetail>;
  presence(roomId: string): Promise<Present[]>;
  /** The scene of a room; with the `etag` of an earlier answer undefined, while it is the same. */
  state(roomId: string, etag?: string): Promise<(SceneContent & { etag: string }) | undefined>;
  operations(roomId: string, since: number, epoch?: string): Promise<Operations>;
  messages(roomId: string, query?: { before?: string; limit?: number }): Promise<Messages>;
  readonly projects: {
    put(id: string, project: ProjectGiven): Promise<ProjectKnown>;
    get(id: string): Promise<ProjectKnown>;
    list(): Promise<ProjectKnown[]>;
    delete(id: string): Promise<void>;
  };
  /** Tracked sessions. */
  readonly sessions: {
    start(projectId: string, session: SessionGiven): Promise<TrackedSession>;
    /** Stores events; what comes under one key is stored once. */
    ingest(
      projectId: string,
      sessionId: string,
      events: JsonObject[],
      idempotencyKey?: string,
    ): Promise<Ingested>;
    submit(projectId: string, sessionId: string): Promise<TrackedSession>;
    events(
      projectId: string,
      sessionId: string,
      page?: { after?: number; limit?: number },
    ): Promise<SessionEvents>;
  };
}

function publication(
  event: string,
  data: unknown,
  { exclude, idempotencyKey = randomUUID() }: PublishOptions = {},
) {
  return { event, data, idempotencyKey, ...(exclude === undefined ? {} : { exclude }) };
}

export function createBackend(options: RequestOptions): Backend {
  const call = createCall(options);

  async function publish(roomId: string, ...what: Parameters<typeof publication>): Promise<Published> {
    return (await call('publish', { params: { roomId }, body: publication(...what) })).json;
  }

  async function presence(roomId: string): Promise<Present[]> {
    return (await call('presence', { params: { roomId } })).json.users;
  }

  return {
    publish,
    presence,
    async broadcast(rooms, ...what) {
      return (await call('broadcast', { body: { rooms, ...publication(...what) } })).json.results;
    },
    broadcastToProject: (projectId, ...what) => publish(`project:${projectId}`, ...what),
    async getConnectedUsersInProject(projectId) {
      return (await presence(`project:${projectId}`)).map(({ userId }) => userId);
    },
    async notify(userId, { id = randomUUID(), ...notice }) {
      return (await call('notify', { params: { userId }, body: { id, ...notice } })).json;
    },
    disconnect: async (userId) => (await call('disconnect', { params: { userId } })).json.disconnected,
    revoke: async (body) => (await call('revokeTokens', { body })).json.disconnected,
    rooms: async (query = {}) => (await call('rooms', { query })).json,
    room: async (roomId) => (await call('room', { params: { roomId } })).json,
    async state(roomId, etag) {
      const headers = etag === undefined ? {} : { 'if-none-match': etag };
      const answer = await call('state', { params: { roomId }, headers });
      if (answer.status === 304) return undefined;
      return { ...answer.json, etag: answer.headers.get('etag') ?? '' };
    },
    async operations(roomId, since, epoch) {
      const query = epoch === undefined ? { since } : { since, epoch };
      return (await call('operations', { params: { roomId }, query })).json;
    },
    messages: async (roomId, query = {}) => (await call('messages', { params: { roomId }, query })).json,
    projects: {
      put: async (id, body) => (await call('putProject', { params: { id }, body })).json,
      get: async (id) => (await call('getProject', { params: { id } })).json,
      list: async () => (await call('projects', {})).json.projects,
      async delete(id) {
        await call('deleteProject', { params: { id } });
      },
    },
    sessions: {
      async start(projectId, { sessionId = randomUUID(), ...session }) {
        const body = { sessionId, ...session };
        return (await call('startSession', { params: { projectId }, body })).json;
      },
      async ingest(projectId, sessionId, events, idempotencyKey = randomUUID()) {
        const params = { projectId, sessionId };
        return (await call('ingest', { params, body: { events, idempotencyKey } })).json;
      },
      submit: async (projectId, sessionId) =>
        (await call('submitSession', { params: { projectId, sessionId } })).json,
      events: async (projectId, sessionId, query = {}) =>
        (await call('sessionEvents', { params: { projectId, sessionId }, query })).json,
    },
  };
}
