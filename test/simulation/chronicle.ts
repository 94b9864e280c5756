/** All entries that became durable, room by room and life by life: what compaction drops is still here. */
export interface Life {
  readonly roomId: string;
  readonly epoch: string;
  readonly entries: string[];
}

export class Chronicle {
  readonly #lives = new Map<string, Life>();
  /** What happened while the state of a room was being stored. */
  readonly amidSnapshots = { appends: 0, crashes: 0 };

  record(roomId: string, epoch: string, first: number, entries: readonly string[]): void {
    const life = this.life(roomId, epoch);
    if (first !== life.entries.length + 1) {
      throw new Error(`the log of ${roomId} goes on at ${first} after ${life.entries.length} entries`);
    }
    life.entries.push(...entries);
  }

  life(roomId: string, epoch: string): Life {
    const key = `${roomId}\n${epoch}`;
    const life = this.#lives.get(key) ?? { roomId, epoch, entries: [] };
    this.#lives.set(key, life);
    return life;
  }

  lives(): Life[] {
    return [...this.#lives.values()];
  }
}
