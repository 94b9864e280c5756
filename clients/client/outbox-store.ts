/** A command that waits for its answer, as it is kept. */
export interface StoredCommand {
  /** Its `opId`: whoever sends it again does so under the same. */
  readonly id: string;
  readonly roomId: string;
  /** Whose it is. Nobody else may send it. */
  readonly userId: string | undefined;
  readonly command: Readonly<Record<string, unknown>>;
}

/**
 * Keeps commands that were not answered across page loads, for one client at a time. What it rejects with is told as
 * STORE_FAILED, and the client goes on without. `storage/index.ts` has one for browsers, and one in memory.
 */
export interface OutboxStore {
  /**
   * Takes over what this user gave in this room, by clients that live no more, in its order. It is handed out once:
   * while this client lives nobody else gets it.
   */
  load(roomId: string, userId: string | undefined): Promise<readonly StoredCommand[]>;
  /** Keeps a command, in the place of one of the same id. */
  put(one: StoredCommand): Promise<void>;
  /** It was answered. */
  remove(id: string): Promise<void>;
}
