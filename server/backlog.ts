import { takeBatch } from './append-batch.ts';
import { LogError } from './log/log.ts';
import { type Entry, mustNotBeLost } from './room/entry.ts';

/** What is appended at once. */
export type Batch = ReturnType<typeof takeBatch>;

/** Who waits until so many are done. */
interface Waiter {
  readonly through: number;
  resolve(): void;
}

/** The entries of a room that are not durable yet, in their order, and who waits until they are. */
export class Backlog {
  #queue: Entry[] = [];
  #underWay: Batch | undefined;
  /** Entries that are durable, or were refused; those that come before all else are counted from below zero. */
  #done = 0;
  #waiters: Waiter[] = [];
  /** The last of those that come before all else, while it is not durable, and who waits for it. */
  #first: Entry | undefined;
  #preparing: { resolve(): void; reject(error: LogError): void }[] = [];

  /** Entries that are in no append yet. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Entries that are not durable yet. */
  get waiting(): number {
    return this.#queue.length + (this.#underWay?.entries.length ?? 0);
  }

  get isUnderWay(): boolean {
    return this.#underWay !== undefined;
  }

  push(entry: Entry): void {
    this.#queue.push(entry);
  }

  /** What comes before all else, and must not be lost: once, before anything is taken. */
  prepare(entries: readonly Entry[]): void {
    this.#queue.unshift(...entries);
    this.#done -= entries.length;
    this.#first = entries.at(-1);
  }

  /** What is to be appended next. One at a time. */
  take(): Batch {
    this.#underWay = takeBatch(this.#queue);
    return this.#underWay;
  }

  /** What was under way is durable. */
  appended(): void {
    const entries = this.#underWay?.entries ?? [];
    this.#underWay = undefined;
    this.#finish(entries.length);
    if (this.#first === undefined || !entries.includes(this.#first)) return;
    this.#first = undefined;
    for (const { resolve } of this.#preparing.splice(0)) resolve();
  }

  /** What must not be lost waits again. Returns the others of what was under way: their authors have to be told. */
  failed(error: LogError): readonly Entry[] {
    const entries = this.#underWay?.entries ?? [];
    const refused = entries.filter((entry) => !mustNotBeLost(entry));
    this.#underWay = undefined;
    this.#queue.unshift(...entries.filter(mustNotBeLost));
    this.#disappoint(error);
    this.#finish(refused.length);
    return refused;
  }

  /** What was under way waits again, all of it, before the rest: it goes into another log. */
  putBack(): void {
    const entries = this.#underWay?.entries ?? [];
    this.#underWay = undefined;
    this.#queue.unshift(...entries);
  }

  /** Takes out all that is not under way. */
  clear(): Entry[] {
    if (!this.isUnderWay) this.putBack();
    this.#disappoint();
    for (const { resolve } of this.#waiters.splice(0)) resolve();
    return this.#queue.splice(0);
  }

  /** Resolves when all that waits now is durable, or was refused. */
  settled(): Promise<void> {
    if (this.waiting === 0) return Promise.resolve();
    const through = this.#done + this.waiting;
    return new Promise((resolve) => this.#waiters.push({ through, resolve }));
  }

  /** Resolves when what comes before all else is durable. Rejects with a LogError when an attempt at that fails. */
  prepared(): Promise<void> {
    if (this.#first === undefined) return Promise.resolve();
    return new Promise((resolve, reject) => this.#preparing.push({ resolve, reject }));
  }

  #finish(count: number): void {
    this.#done += count;
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ through }) => through > this.#done);
    for (const { through, resolve } of waiters) if (through <= this.#done) resolve();
  }

  #disappoint(cause?: LogError): void {
    const error = new LogError('LOG_UNAVAILABLE', 'the room could not be prepared', { cause });
    for (const { reject } of this.#preparing.splice(0)) reject(error);
  }
}
