/** Ends a subscription. May be called more than once. */
export type Unsubscribe = () => void;

/** What can be listened to: the names of events, and what each tells. */
export interface Listenable<M> {
  /** Calls `listener` each time, until what is returned is called. */
  on<K extends keyof M>(name: K, listener: (told: M[K]) => void): Unsubscribe;
}

/** A listener that throws disturbs nobody else: its error is the program's, uncaught. */
export class Events<M> implements Listenable<M> {
  readonly #listeners = new Map<keyof M, Set<(told: never) => void>>();

  on<K extends keyof M>(name: K, listener: (told: M[K]) => void): Unsubscribe {
    const all = this.#listeners.get(name) ?? new Set();
    // The same function may listen twice. It may end while all are called.
    const own = (told: M[K]) => all.has(own) && listener(told);
    this.#listeners.set(name, all.add(own));
    return () => void all.delete(own);
  }

  emit<K extends keyof M>(name: K, told: M[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (told: M[K]) => void)(told);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
