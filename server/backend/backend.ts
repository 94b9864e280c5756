import type {
  Broadcasted,
  Messages,
  Notice,
  Notification,
  Operations,
  Present,
  Publication,
  Published,
  RoomDetail,
  RoomList,
  RoomLog,
  SceneContent,
} from '../../protocol/http/index.ts';
import type { Tracking } from '../tracking/tracking.ts';
import type { EncodedScene } from './scenes.ts';

/**
 * What a backend may do: the same over HTTP and within the program that embeds the server. Everything rejects
 * with a Refusal that has a code of the catalogue, or with a LogError.
 */
export interface Backend {
  /**
   * Publishes an event to everybody in a room but `exclude`, with `data` as it is now, as JSON; what cannot be
   * written so is refused (INVALID_FIELD). Resolves when it is durable. With an `idempotencyKey` it is published
   * once, however often it is tried.
   *
   * @param by whose keys these are. Default: the program's own
   */
  publish(roomId: string, publication: Publication, by?: string): Promise<Published>;
  /**
   * The same for many rooms, once in each, however often it is named. Never rejects over one of them: each has its
   * own result.
   */
  broadcast(roomIds: readonly string[], publication: Publication, by?: string): Promise<Broadcasted>;
  /** Tells a user something, on all connections; what has the same `id` is told once. */
  notify(userId: string, notice: Notice): Promise<Notification>;
  /** Ends all connections of a user (KICKED), and their stays. Returns how many there were. Throws INVALID_FIELD. */
  disconnect(userId: string): number;
  /** A page of the rooms in memory, by their ids. `limit`: 100 by default. */
  rooms(query?: { prefix?: string; after?: string; limit?: number }, may?: MayList): Promise<RoomList>;
  /** A room, also one that is not in memory; rejects with NOT_FOUND where nobody is in it and it holds nothing. */
  room(roomId: string): Promise<RoomDetail>;
  presence(roomId: string): Promise<Present[]>;
  /** The scene. */
  state(roomId: string): Promise<SceneContent>;
  /** What changed in the scene after a version. Rejects with VERSION_UNKNOWN where that is not kept. */
  operations(roomId: string, since: number, epoch?: string): Promise<Operations>;
  /** The latest chat messages before one (its id, or a time), the oldest first. `limit`: 50 by default. */
  messages(roomId: string, query?: { before?: string; limit?: number }): Promise<Messages>;
  /** The latest of what happened in a room, in order, as far as it is kept. `limit`: 100 by default. */
  recent(roomId: string, limit?: number): Promise<RoomLog>;
  readonly tracking: Tracking;
}

/** What HTTP is served from, beside what a program may call. */
export interface HttpBackend extends Backend {
  /** The scene, encoded once for all who ask. */
  scene(roomId: string): Promise<EncodedScene>;
}

/** Whether a room may be listed. */
export type MayList = (roomId: string) => boolean | Promise<boolean>;
