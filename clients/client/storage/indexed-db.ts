import type { OutboxStore, StoredCommand } from '../outbox-store.ts';
import { browser, type Database, type Locks, type Request, type Rows, type Transaction } from './browser.ts';

export interface IndexedDbOutboxOptions {
  /** What is older is forgotten: the server may not know its `opId` any more. Default 24 hours. */
  maxAgeMs?: number;
}

interface Row extends StoredCommand {
  readonly owner: string;
  /** Rows of one owner are in this order. */
  readonly order: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

const ROWS = 'commands';
const DAY_MS = 24 * 60 * 60 * 1000;
/** A page that is loaded anew may begin before the one before it has quite ended. */
const DYING_MS = 250;
/** What is in a database that does not open for so long is not waited for. */
const OPEN_WITHIN_MS = 3000;

/**
 * Keeps commands in IndexedDB, for `connect(url, { outbox: indexedDbOutbox('my-app') })`: what a page had not yet
 * been told of when it was closed, loaded anew or crashed is sent by the next one, once. Tabs share it: each sends
 * its own, and what a dead one left is sent by one of them. Who lives is known by Web Locks; where these are missing,
 * whoever comes takes all, and the server's memory of ids sees to it that nothing is done twice.
 *
 * @param name one for each application; others of the same origin have theirs
 */
export function indexedDbOutbox(
  name: string,
  { maxAgeMs = DAY_MS }: IndexedDbOutboxOptions = {},
): OutboxStore {
  // `crypto.randomUUID` is there only where a page came over https.
  const owner = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const lockOf = (one: string) => `tandem-outbox:${name}:${one}`;
  const locks = browser.navigator?.locks;
  const orders = new Map<string, number>();
  let ready: Promise<Database> | undefined;
  let holding: Promise<void> | undefined;
  let last = 0;

  /** With the lock, by which others know that this client lives. */
  function database(): Promise<Database> {
    const lost = () => {
      ready = undefined;
    };
    holding ??= hold(locks, lockOf(owner));
    ready ??= Promise.all([open(`tandem-outbox:${name}`, lost), holding]).then(([database]) => database);
    ready.catch(lost);
    return ready;
  }

  async function write(act: (rows: Rows) => Request): Promise<void> {
    const transaction = (await database()).transaction(ROWS, 'readwrite', { durability: 'relaxed' });
    act(transaction.objectStore(ROWS));
    await committed(transaction);
  }

  /** Where there is no room for it, what is kept is known all the same. */
  const tidy = (act: (rows: Rows) => Request) => write(act).catch(() => {});

  async function all(): Promise<Row[]> {
    const rows = (await database()).transaction(ROWS).objectStore(ROWS);
    const found = await settled<Row[]>(rows.getAll());
    return found.sort((one, other) => one.order - other.order);
  }

  return {
    async load(roomId, userId) {
      await inTime(database());
      const isOurs = (row: Row) => row.roomId === roomId && row.userId === userId;
      const rows = await all();
      const isOld = ({ at }: Row) => at < Date.now() - maxAgeMs;
      for (const { id } of rows.filter(isOld)) await tidy((one) => one.delete(id));
      // Its own are those of clients that were closed, or are known to who asks.
      const taken = rows.filter((row) => isOurs(row) && row.owner === owner && !isOld(row));
      const others = new Set(rows.filter(isOurs).map((row) => row.owner));
      others.delete(owner);
      for (const other of others) {
        await whenDead(locks, lockOf(other), async () => {
          // Somebody else may have been quicker.
          const left = (await all()).filter((row) => isOurs(row) && row.owner === other && !isOld(row));
          for (const row of left) await tidy((one) => one.put({ ...row, owner }));
          taken.push(...left);
        });
      }
      for (const { id, order } of taken) orders.set(id, order);
      return taken.sort((one, other) => one.order - other.order);
    },
    put(one) {
      const at = Date.now();
      last = Math.max(last + 1, at * 1000);
      const order = orders.get(one.id) ?? last;
      orders.set(one.id, order);
      return write((rows) => rows.put({ ...one, owner, order, at } satisfies Row));
    },
    remove(id) {
      orders.delete(id);
      return write((rows) => rows.delete(id));
    },
  };
}

/** @param lost called when it is given up, for somebody deletes it */
async function open(name: string, lost: () => void): Promise<Database> {
  const request = browser.indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    (request.result as Database).createObjectStore(ROWS, { keyPath: 'id' });
  };
  const database = await settled<Database>(request);
  database.onversionchange = () => {
    database.close();
    lost();
  };
  return database;
}

/** What is in the way of a database may never go, and nothing is sent before it is read. */
async function inTime(opening: Promise<Database>): Promise<void> {
  let patience: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((_, reject) => {
    patience = setTimeout(() => reject(new Error('IndexedDB does not open.')), OPEN_WITHIN_MS);
  });
  await Promise.race([opening, late]).finally(() => clearTimeout(patience));
}

/** Where there is no room, that shows only now. */
function committed(transaction: Transaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

function settled<T>(request: Request): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when it is held, for as long as the page lives. */
function hold(locks: Locks | undefined, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    if (locks === undefined) return resolve();
    const forever = () => {
      resolve();
      return new Promise(() => {});
    };
    locks.request(name, forever).catch(reject);
  });
}

async function whenDead(locks: Locks | undefined, name: string, act: () => Promise<void>): Promise<void> {
  if (locks === undefined) return act();
  try {
    await locks.request(name, { signal: AbortSignal.timeout(DYING_MS) }, act);
  } catch (error) {
    // It lives, and sends its own.
    if ((error as Error).name !== 'TimeoutError' && (error as Error).name !== 'AbortError') throw error;
  }
}
