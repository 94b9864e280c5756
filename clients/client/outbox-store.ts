/** A command that waits for its answer, as it is kept. */
export interface StoredCommand {
  /** Its `opId`: whoever sends it again does so under the same. */
  readonly id: string;
  readonly roomId: string;
  /**
   * Whose it is. Nobody else may send it. Undefined while that is not known: before the first token, unless the join
   * says `user.userId`; when the room is joined, it is put anew.
   */
  readonly userId: string | undefined;
  readonly command: Readonly<Record<string, unknown>>;
}

/**
 * Keeps commands that were not answered across page loads, for one client at a time: another may have it when that
 * one was closed. What it rejects with is told as STORE_FAILED, and the client goes on without. `storage/index.ts` has
 * one for browsers, and one in memory.
 */
export interface OutboxStore {
  /**
   * Takes over what this user gave in this room, by clients of this store and of those whose page lives no more, in
   * its order; what the client that asks gave itself may be among it. While this page lives nobody else gets it.
   */
  load(roomId: string, userId: string | undefined): Promise<readonly StoredCommand[]>;
  /** Keeps a command, in the place of one of the same id. */
  put(one: StoredCommand): Promise<void>;
  /** It was answered. */
  remove(id: string): Promise<void>;
}
