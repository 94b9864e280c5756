import { openLastingLog } from './lasting-log.ts';
import type { Log } from './log.ts';

/** What is kept under keys, in a log of its own: each change is an entry, and a snapshot holds them all. */
export interface DurableMap<Value> {
  get(key: string): Value | undefined;
  entries(): Iterable<[key: string, value: Value]>;
  /** Holds at once; resolves when it is durable. Rejects with a LogError, and holds nevertheless. */
  set(key: string, value: Value): Promise<void>;
  delete(key: string): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
  /** The same; where nothing is held and no other process writes, nothing is left of it. */
  conclude(): Promise<void>;
}

type Change = readonly [key: string, value?: unknown];

/** The fewest entries between two snapshots; of a map that holds more, as many as it holds, as each is in all of them. */
const COMPACT_ENTRIES = 2000;

/**
 * Opens the map of this name; values are what JSON can hold. Rejects with a {@link LogError}. Several processes
 * may change it: all come to hold the same.
 *
 * @param name of the log: none that a room could have
 * @param onChanged called when another process has changed the value of a key; undefined: any of them
 */
export async function openDurableMap<Value>(
  log: Log,
  name: string,
  onChanged: (key: string | undefined) => void = () => {},
): Promise<DurableMap<Value>> {
  const values = new Map<string, Value>();
  /** How many changes of a key wait to be appended, or to be heard of: the last one holds already. */
  const own = new Map<string, number>();
  let offset = 0;
  let sinceSnapshot = 0;
  let isOpen = false;
  /** The batch that is being appended. */
  let underWay: readonly string[] | undefined;
  const opened = await openLastingLog(log, name, {
    read({ snapshot, tail }) {
      const found: [string, Value][] = snapshot === undefined ? [] : JSON.parse(snapshot.state);
      const before = new Map(values);
      values.clear();
      for (const [key, value] of found) values.set(key, value);
      for (const text of tail) fold(JSON.parse(text));
      for (const key of own.keys()) fold(before.has(key) ? [key, before.get(key)] : [key]);
      offset = (snapshot?.offset ?? 0) + tail.length;
      sinceSnapshot = tail.length;
      if (isOpen) onChanged(undefined);
    },
    absorb(texts) {
      offset += texts.length;
      sinceSnapshot += texts.length;
      // It holds since it was asked for.
      if (texts === underWay) return;
      for (const text of texts) {
        const change = JSON.parse(text) as Change;
        // Its own change comes behind this one, or is this one.
        if (own.has(change[0])) continue;
        fold(change);
        if (isOpen) onChanged(change[0]);
      }
    },
  });
  isOpen = true;
  let waiting: Change[] = [];
  let appending: Promise<void> | undefined;

  function fold([key, value]: Change): void {
    if (value === undefined) values.delete(key);
    else values.set(key, value as Value);
  }

  function settle(changes: readonly Change[]): void {
    for (const [key] of changes) {
      const left = (own.get(key) ?? 1) - 1;
      if (left > 0) own.set(key, left);
      else own.delete(key);
    }
  }

  /** One append at a time; what comes meanwhile is the next batch. */
  function append(): Promise<void> {
    appending ??= Promise.resolve().then(async () => {
      const batch = waiting;
      waiting = [];
      try {
        underWay = batch.map((change) => JSON.stringify(change));
        await opened.append(underWay);
        const isDue = sinceSnapshot >= Math.max(COMPACT_ENTRIES, values.size);
        if (isDue && waiting.length === 0) await compact();
      } finally {
        underWay = undefined;
        settle(batch);
        appending = undefined;
      }
    });
    return appending;
  }

  async function compact(): Promise<void> {
    sinceSnapshot = 0;
    // Another process may have made a younger one. One that fails is no loss: the entries are there.
    await opened.compact({ offset, state: JSON.stringify([...values]) }, offset).catch(() => {});
  }

  async function end(forgets: () => boolean): Promise<void> {
    await appending?.catch(() => {});
    if (forgets()) await opened.drop().catch(() => {});
    await opened.close();
  }

  async function change(one: Change): Promise<void> {
    own.set(one[0], (own.get(one[0]) ?? 0) + 1);
    fold(one);
    const before = appending;
    waiting.push(one);
    // What is under way does not hold this one: it is in the batch behind it.
    await before?.catch(() => {});
    if (waiting.length > 0 || appending !== undefined) await append();
  }

  return {
    get: (key) => values.get(key),
    entries: () => values.entries(),
    set: (key, value) => change([key, value]),
    async delete(key) {
      if (values.has(key)) await change([key]);
    },
    close: () => end(() => false),
    conclude: () => end(() => values.size === 0),
  };
}
