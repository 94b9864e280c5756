import { type OpenFailed, openLastingLog } from './lasting-log.ts';
import type { Log } from './log.ts';

/** What is kept under keys, in a log of its own: each change is an entry, and a snapshot holds them all. */
export interface DurableMap<Value> {
  get(key: string): Value | undefined;
  entries(): Iterable<[key: string, value: Value]>;
  /** Holds at once; resolves when it is durable. Rejects with a LogError, and holds until the log is opened anew. */
  set(key: string, value: Value): Promise<void>;
  delete(key: string): Promise<void>;
  /** Waits for all changes that were made. */
  close(): Promise<void>;
  /** The same; where nothing is held and no other process writes, nothing is left of it. */
  conclude(): Promise<void>;
}

export interface DurableMapOptions<Value> {
  /** Another process has changed the value of a key; undefined: any of them. */
  readonly onChanged?: (key: string | undefined) => void;
  /** Whether a value may take the place of one that another process may have put there meanwhile. Default: it may. */
  readonly follows?: (next: Value, before: Value) => boolean;
  /** As that of a lasting log's reader. Default: nobody is told. */
  readonly onOpenFailed?: OpenFailed;
}

type Change = readonly [key: string, value?: unknown];

/** What this process has made of a key, and its log does not say, or not yet. */
interface Ahead<Value> {
  /** Undefined: deleted. */
  readonly value: Value | undefined;
  /** Its changes that wait to be appended, or to be heard of. 0: it could not be stored. */
  waiting: number;
  /** The log says something newer of another process. */
  isOutdated: boolean;
}

/** The fewest entries between two snapshots; of a map that holds more, as many as it holds, as each is in all of them. */
const COMPACT_ENTRIES = 2000;

/**
 * Opens the map of this name; values are what JSON can hold. Rejects with a {@link LogError}. Several processes
 * may change it: all come to hold the same.
 *
 * @param name of the log: none that a room could have
 */
export async function openDurableMap<Value>(
  log: Log,
  name: string,
  { onChanged = () => {}, follows = () => true, onOpenFailed = () => {} }: DurableMapOptions<Value> = {},
): Promise<DurableMap<Value>> {
  /** What the log says. */
  const values = new Map<string, Value>();
  /** What holds instead. */
  const ahead = new Map<string, Ahead<Value>>();
  let offset = 0;
  let sinceSnapshot = 0;
  let isOpen = false;
  /** The batch that is being appended, and its changes. */
  let underWay: { readonly texts: readonly string[]; readonly changes: readonly Change[] } | undefined;
  const opened = await openLastingLog(log, name, {
    onOpenFailed,
    read({ snapshot, tail }) {
      const found: [string, Value][] = snapshot === undefined ? [] : JSON.parse(snapshot.state);
      values.clear();
      for (const [key, value] of found) values.set(key, value);
      for (const text of tail) fold(JSON.parse(text));
      for (const [key, { waiting }] of ahead) if (waiting === 0) ahead.delete(key);
      offset = (snapshot?.offset ?? 0) + tail.length;
      sinceSnapshot = tail.length;
      if (isOpen) onChanged(undefined);
    },
    absorb(texts) {
      offset += texts.length;
      sinceSnapshot += texts.length;
      const isOwn = texts === underWay?.texts;
      const changes = isOwn ? underWay?.changes : texts.map((text) => JSON.parse(text) as Change);
      for (const change of changes ?? []) {
        const [key] = change;
        fold(change);
        const own = ahead.get(key);
        if (own !== undefined) own.isOutdated = !isOwn;
        // Its own change comes behind this one.
        if (isOwn || (own !== undefined && own.waiting > 0)) continue;
        ahead.delete(key);
        if (isOpen) onChanged(key);
      }
    },
  });
  isOpen = true;
  let waiting: Change[] = [];
  let appending: Promise<void> | undefined;

  function fold([key, value]: Change): void {
    const before = values.get(key);
    if (value === undefined) values.delete(key);
    else if (before === undefined || follows(value as Value, before)) values.set(key, value as Value);
  }

  function settle(changes: readonly Change[], isStored: boolean): void {
    for (const [key] of changes) {
      const own = ahead.get(key);
      if (own === undefined) continue;
      own.waiting -= 1;
      if (own.waiting > 0 || !(isStored || own.isOutdated)) continue;
      ahead.delete(key);
      if (own.isOutdated) onChanged(key);
    }
  }

  /** One append at a time; what comes meanwhile is the next batch. */
  function append(): Promise<void> {
    appending ??= Promise.resolve().then(async () => {
      const changes = waiting;
      waiting = [];
      let isStored = false;
      try {
        const texts = changes.map((change) => JSON.stringify(change));
        underWay = { texts, changes };
        await opened.append(texts);
        isStored = true;
        if (sinceSnapshot >= Math.max(COMPACT_ENTRIES, values.size)) await compact();
      } finally {
        underWay = undefined;
        appending = undefined;
        settle(changes, isStored);
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
    while (waiting.length > 0 || appending !== undefined) await append().catch(() => {});
    if (forgets()) await opened.drop().catch(() => {});
    await opened.close();
  }

  async function change(one: Change): Promise<void> {
    const [key, value] = one;
    const waitsFor = ahead.get(key)?.waiting ?? 0;
    ahead.set(key, { value: value as Value | undefined, waiting: waitsFor + 1, isOutdated: false });
    waiting.push(one);
    // What is under way does not hold this one: it is in the batch behind it.
    if (underWay !== undefined) await appending?.catch(() => {});
    await append();
  }

  function get(key: string): Value | undefined {
    const own = ahead.get(key);
    return own === undefined ? values.get(key) : own.value;
  }

  function* entries(): Generator<[string, Value]> {
    for (const entry of values) if (!ahead.has(entry[0])) yield entry;
    for (const [key, { value }] of ahead) if (value !== undefined) yield [key, value];
  }

  return {
    get,
    entries,
    set: (key, value) => change([key, value]),
    async delete(key) {
      if (values.has(key) || get(key) !== undefined) await change([key]);
    },
    close: () => end(() => false),
    conclude: () => end(() => entries().next().done === true),
  };
}
