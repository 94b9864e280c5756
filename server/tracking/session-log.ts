import { type Log, LogError, type RoomLog } from '../log/log.ts';
import { type Folded, fold, type SessionEntry, type SessionState } from './session-state.ts';

/** A session while it is worked on. */
export interface OpenSession {
  readonly state: SessionState | undefined;
  /** What is durable and could not be shown yet. */
  unshown: Shown[];
  /** Resolves when the entry is durable, and `state` has it, with what it came to. Rejects with a LogError. */
  append(entry: SessionEntry): Promise<Folded>;
}

/** Sessions that were used last stay in memory, so that a stream of small batches does not read all anew. */
const MOST_KEPT = 1000;
/** So do their events, of all of them together. */
const MOST_KEPT_EVENTS = 200_000;

/** An event for those who watch, and the key by which it is shown once. */
export interface Shown {
  readonly event: string;
  readonly key: string;
  readonly data: object;
}

interface Kept extends OpenSession {
  readonly log: RoomLog;
  /** By itself: the next use opens it anew. */
  readonly hasEnded: boolean;
}

/** Tracked sessions, each in a log of its own. */
export class SessionLogs {
  readonly #log: Log;
  readonly #kept = new Map<string, Kept>();
  /** What is under way, by session: one thing after the other. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Does something with a session, alone. Rejects with a LogError, or as `work` does. */
  use<T>(projectId: string, sessionId: string, work: (session: OpenSession) => Promise<T>): Promise<T> {
    const name = nameOf(projectId, sessionId);
    const before = this.#busy.get(name) ?? Promise.resolve();
    const done = before.catch(() => {}).then(() => this.#work(name, work));
    this.#busy.set(name, done);
    const end = () => {
      if (this.#busy.get(name) === done) this.#busy.delete(name);
    };
    done.then(end, end);
    return done;
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
    await Promise.allSettled([...this.#kept.values()].map(({ log }) => log.close()));
    this.#kept.clear();
  }

  async #work<T>(name: string, work: (session: OpenSession) => Promise<T>): Promise<T> {
    const kept = this.#kept.get(name) ?? (await this.#open(name));
    this.#kept.delete(name);
    try {
      return await work(kept);
    } finally {
      if (!kept.hasEnded && kept.state !== undefined) this.#kept.set(name, kept);
      else if (!kept.hasEnded) await forget(kept);
      await this.#release();
    }
  }

  async #open(name: string): Promise<Kept> {
    let state: SessionState | undefined;
    const early: string[] = [];
    let hasEnded = false;
    let listener = (texts: readonly string[]): void => void early.push(...texts);
    const log = await this.#log.open(name, (_first, texts) => listener(texts), {
      onEnded: () => {
        hasEnded = true;
        this.#kept.delete(name);
      },
    });
    const own = new WeakMap<readonly string[], Folded>();
    const absorb = (texts: readonly string[]) => {
      for (const text of texts) {
        const folded = fold(state, JSON.parse(text) as SessionEntry);
        state = folded.state;
        own.set(texts, folded);
      }
    };
    try {
      absorb(log.tail);
      absorb(early);
      listener = absorb;
      return {
        log,
        get state() {
          return state;
        },
        get hasEnded() {
          return hasEnded;
        },
        unshown: [],
        async append(entry) {
          const texts = [JSON.stringify(entry)];
          await log.append(texts);
          return own.get(texts) ?? { state };
        },
      };
    } catch (cause) {
      await log.close();
      const message = `what is stored of a tracked session cannot be read: ${(cause as Error).message}`;
      throw new LogError('LOG_CORRUPT', message, { cause });
    }
  }

  async #release(): Promise<void> {
    let events = 0;
    for (const { state } of this.#kept.values()) events += state?.events.length ?? 0;
    for (const [name, { log, state }] of this.#kept) {
      if (this.#kept.size <= MOST_KEPT && events <= MOST_KEPT_EVENTS) return;
      this.#kept.delete(name);
      events -= state?.events.length ?? 0;
      await log.close();
    }
  }
}

/** Nothing is kept of one that was only asked for. */
async function forget({ log }: Kept): Promise<void> {
  try {
    await log.drop();
  } finally {
    // Also where that cannot be done now: it would stay open, and could not be opened again.
    await log.close();
  }
}

/**
 * No room has such an id: theirs hold no control characters, of which this is the one that also long keys of LMDB
 * can hold. A project's id has no colon.
 */
function nameOf(projectId: string, sessionId: string): string {
  return `\u007fsession:${projectId}:${sessionId}`;
}
