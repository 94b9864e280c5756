import { type Log, LogError, type RoomLog } from './log.ts';

/** What is kept under keys, in a log of its own: each change is an entry, and a snapshot holds them all. */
export interface DurableMap<Value> {
  get(key: string): Value | undefined;
  entries(): Iterable<[key: string, value: Value]>;
  /** Holds at once; resolves when it is durable. Rejects with a LogError, and holds nevertheless. */
  set(key: string, value: Value): Promise<void>;
  delete(key: string): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

type Change = readonly [key: string, value?: unknown];

/** Entries between two snapshots. */
const COMPACT_ENTRIES = 2000;

/**
 * Opens the map of this name; values are what JSON can hold. Rejects with a {@link LogError}.
 *
 * @param name of the log: none that a room could have
 */
export async function openDurableMap<Value>(log: Log, name: string): Promise<DurableMap<Value>> {
  const opened = await log.open(name, () => {});
  const values = read<Value>(name, opened);
  let offset = (opened.snapshot?.offset ?? 0) + opened.tail.length;
  let sinceSnapshot = opened.tail.length;
  let waiting: Change[] = [];
  let appending: Promise<void> | undefined;

  /** One append at a time; what comes meanwhile is the next batch. */
  function append(): Promise<void> {
    appending ??= Promise.resolve().then(async () => {
      try {
        const batch = waiting.map((change) => JSON.stringify(change));
        waiting = [];
        await opened.append(batch);
        offset += batch.length;
        sinceSnapshot += batch.length;
        if (sinceSnapshot >= COMPACT_ENTRIES && waiting.length === 0) await compact();
      } finally {
        appending = undefined;
      }
    });
    return appending;
  }

  async function compact(): Promise<void> {
    sinceSnapshot = 0;
    await opened.compact({ offset, state: JSON.stringify([...values]) }, offset);
  }

  async function change(one: Change): Promise<void> {
    const before = appending;
    waiting.push(one);
    // What is under way does not hold this one: it is in the batch behind it.
    await before?.catch(() => {});
    if (waiting.length > 0 || appending !== undefined) await append();
  }

  return {
    get: (key) => values.get(key),
    entries: () => values.entries(),
    set(key, value) {
      values.set(key, value);
      return change([key, value]);
    },
    async delete(key) {
      if (values.delete(key)) await change([key]);
    },
    async close() {
      await appending?.catch(() => {});
      await opened.close();
    },
  };
}

function read<Value>(name: string, { snapshot, tail }: RoomLog): Map<string, Value> {
  try {
    const values = new Map<string, Value>(snapshot === undefined ? [] : JSON.parse(snapshot.state));
    for (const text of tail) {
      const [key, value] = JSON.parse(text) as [string, Value?];
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    }
    return values;
  } catch (cause) {
    const message = `what is stored of ${JSON.stringify(name)} cannot be read: ${(cause as Error).message}`;
    throw new LogError('LOG_CORRUPT', message, { cause });
  }
}
