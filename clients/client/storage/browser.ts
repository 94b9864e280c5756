/** As much of IndexedDB and of Web Locks as is needed: the types of browsers would be everywhere. */
export interface Database {
  createObjectStore(name: string, options: { keyPath: string }): unknown;
  transaction(
    name: string,
    mode?: 'readonly' | 'readwrite',
    options?: { durability: 'relaxed' },
  ): Transaction;
  close(): void;
  /** Somebody deletes it, and waits for that. */
  onversionchange: (() => void) | null;
}

export interface Transaction {
  objectStore(name: string): Rows;
  readonly error: unknown;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
}

export interface Rows {
  getAll(): Request;
  put(row: object): Request;
  delete(key: string): Request;
}

export interface Request {
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on what was asked for
  readonly result: any;
  readonly error: unknown;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}

export interface Locks {
  request(name: string, act: () => Promise<unknown>): Promise<unknown>;
  request(name: string, options: { signal: AbortSignal }, act: () => Promise<unknown>): Promise<unknown>;
}

export interface Browser {
  readonly indexedDB: {
    open(name: string, version: number): Request & { onupgradeneeded: (() => void) | null };
  };
  /** Missing in Node 20, where a page may be rendered first. */
  readonly navigator?: { readonly locks?: Locks };
}

export const browser = globalThis as unknown as Browser;
