/** Ends a subscription. May be called more than once. */
export type Unsubscribe = () => void;

/** What can be listened to: the names of events, and what each tells. */
export interface Listenable<M> {
  /** Calls `listener` each time, until what is returned is called. */
  on<K extends keyof M>(name: K, listener: (told: M[K]) => void): Unsubscribe;
}

/**
 * All hear of things in the order in which they happen, also of what one of them does about one. A listener that
 * throws disturbs nobody else: its error is the program's, uncaught.
 */
export class Events<M> implements Listenable<M> {
  readonly #listeners = new Map<keyof M, Set<(told: never) => void>>();
  readonly #untold: (() => void)[] = [];

  on<K extends keyof M>(name: K, listener: (told: M[K]) => void): Unsubscribe {
    const all = this.#listeners.get(name) ?? new Set();
    // The same function may listen twice. It may end while all are called.
    const own = (told: M[K]) => all.has(own) && listener(told);
    this.#listeners.set(name, all.add(own));
    return () => void all.delete(own);
  }

  emit<K extends keyof M>(name: K, told: M[K]): void {
    const all = (this.#listeners.get(name) ?? []) as Iterable<(told: M[K]) => void>;
    for (const listener of all) this.#untold.push(() => listener(told));
    // Within a listener, those who have not heard what it was told hear that first.
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) {
      try {
        tell();
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
