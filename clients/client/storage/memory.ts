import type { OutboxStore, StoredCommand } from '../outbox-store.ts';

interface Kept extends StoredCommand {
  owner: OutboxStore;
}

/** The reference: stores that share one memory, as the tabs of a browser share a database. */
export class MemoryOutboxes {
  readonly #kept = new Map<string, Kept>();
  readonly #living = new Set<OutboxStore>();

  get size(): number {
    return this.#kept.size;
  }

  /** Of one client. */
  open(): OutboxStore {
    const kept = this.#kept;
    const owner: OutboxStore = {
      load: async (roomId, userId) => {
        const isLeft = (one: Kept) => one.owner === owner || !this.#living.has(one.owner);
        const left = [...kept.values()].filter(
          (one) => one.roomId === roomId && one.userId === userId && isLeft(one),
        );
        for (const one of left) one.owner = owner;
        return left;
      },
      async put(one) {
        kept.set(one.id, { ...structuredClone(one), owner });
      },
      async remove(id) {
        kept.delete(id);
      },
    };
    this.#living.add(owner);
    return owner;
  }

  /** As when a tab crashes: what its client still does reaches nothing. */
  crash(store: OutboxStore): void {
    this.#living.delete(store);
    store.put = store.remove = async () => {};
  }
}
