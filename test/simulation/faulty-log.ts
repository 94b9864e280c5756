import { type Log, LogError, type RoomLog } from '../../server/log/log.ts';
import type { Chronicle } from './chronicle.ts';
import type { Random } from './random.ts';

/** A log as one process sees it: slow, refusing, or cut off in the middle. What it stores outlives it. */
export interface FaultyLog extends Log {
  /** Appends are refused from now on, or no longer. */
  fail(isFailing: boolean): void;
  /** The process dies: nothing more is stored, and nobody hears of what was. Releases the store. */
  crash(): Promise<void>;
  /** Whether an append is under way. */
  readonly busy: boolean;
  /** Whether the state of a room is being stored. */
  readonly isCompacting: boolean;
}

/** Made anew for each that waits, so that what waits can be forgotten. */
const forever = () => new Promise<never>(() => {});

export function createFaultyLog(store: Log, chronicle: Chronicle, random: Random, slow: number): FaultyLog {
  const opened = new Set<RoomLog>();
  let dead = false;
  let failing = false;
  let underWay = 0;
  let compacting = 0;
  const { amidSnapshots } = chronicle;

  /** Some turns of the event loop, in which the process may die. */
  async function pause(): Promise<void> {
    for (let turns = random.below(slow + 1); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (dead) await forever();
  }

  async function append(
    room: RoomLog,
    entries: readonly string[],
    arrived: () => { first: number; entries: readonly string[] },
    listener: (first: number, entries: readonly string[]) => void,
  ): Promise<void> {
    await pause();
    if (failing) throw new LogError('LOG_UNAVAILABLE', 'told to fail');
    underWay += 1;
    if (compacting > 0) amidSnapshots.appends += 1;
    await room.append(entries).finally(() => {
      underWay -= 1;
    });
    await pause();
    const batch = arrived();
    listener(batch.first, batch.entries);
  }

  return {
    async open(roomId, listener) {
      let batch: { first: number; entries: readonly string[] } | undefined;
      const room = await store.open(roomId, (first, entries) => {
        chronicle.record(roomId, room.epoch, first, entries);
        batch = { first, entries };
      });
      if (dead) {
        await room.close();
        await forever();
      }
      opened.add(room);
      await pause();
      return {
        epoch: room.epoch,
        snapshot: room.snapshot,
        tail: room.tail,
        append: (entries) => append(room, entries, () => batch as NonNullable<typeof batch>, listener),
        read: (from, limit) => room.read(from, limit),
        compact: async (snapshot, dropThrough) => {
          compacting += 1;
          try {
            // It takes longer than an append does.
            for (let part = 0; part < 4; part++) await pause();
            await room.compact(snapshot, dropThrough);
            await pause();
          } finally {
            compacting -= 1;
          }
        },
        async drop() {
          await pause();
          opened.delete(room);
          await room.drop();
        },
        async close() {
          await pause();
          opened.delete(room);
          await room.close();
        },
      };
    },
    head: (roomId) => store.head(roomId),
    writable: () => !failing,
    close: async () => {},
    fail(isFailing) {
      failing = isFailing;
    },
    async crash() {
      dead = true;
      if (compacting > 0) amidSnapshots.crashes += 1;
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([...opened].map((room) => room.close()));
    },
    get busy() {
      return underWay > 0;
    },
    get isCompacting() {
      return compacting > 0;
    },
  };
}
