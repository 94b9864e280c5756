import { LogError } from '../log/log.ts';
import { type Entry, mustNotBeLost } from '../room/entry.ts';
import { type Batch, takeBatch } from './append-batch.ts';

/** What is not going to be stored, and why. */
export interface Refused {
  readonly entries: readonly Entry[];
  readonly error: LogError;
}

/** Who waits until so many are done. */
interface Waiter {
  through: number;
  resolve(): void;
}

/** The entries of a room that are not durable yet, in their order, and who waits until they are. */
export class Backlog {
  #queue: Entry[] = [];
  #underWay: Batch | undefined;
  /** It has failed, and must not be lost: tried again as it is, it is not stored twice. */
  #kept: Batch | undefined;
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
    return this.#queue.length + this.#begun.length;
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
    this.#underWay = this.#kept ?? takeBatch(this.#queue);
    return this.#underWay;
  }

  /** What was under way is durable. */
  appended(): void {
    const done = this.#begun;
    this.#forget();
    this.#finish(done.length);
    if (this.#first === undefined || !done.includes(this.#first)) return;
    this.#first = undefined;
    for (const { resolve } of this.#preparing.splice(0)) resolve();
  }

  /** An append without an answer was stored after all. */
  stored(texts: readonly string[]): void {
    if (this.#underWay === undefined && this.#kept?.texts === texts) this.appended();
  }

  /** What must not be lost is kept for the next attempt; behind it nothing else waits. Returns what is refused. */
  failed(error: LogError): Refused {
    const batch = this.#underWay;
    this.#underWay = undefined;
    this.#disappoint(error);
    if (batch === undefined) return { entries: [], error };
    if (batch.mustNotBeLost) {
      this.#kept = batch;
      const unsent = new LogError('LOG_UNAVAILABLE', 'the log cannot be written', { cause: error });
      return { entries: this.#takeCommands(), error: unsent };
    }
    this.#finish(batch.entries.length);
    return { entries: batch.entries, error };
  }

  /** What was under way waits again, all of it, before the rest: it goes into another log. */
  putBack(): void {
    this.#queue.unshift(...this.#begun);
    this.#forget();
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

  /** What is in an append, or was in one that failed. */
  get #begun(): readonly Entry[] {
    return (this.#underWay ?? this.#kept)?.entries ?? [];
  }

  #forget(): void {
    this.#underWay = undefined;
    this.#kept = undefined;
  }

  /** All that may be refused, from among what may not: nobody waits for it any more. */
  #takeCommands(): Entry[] {
    const before = this.#done + this.#begun.length;
    const isCommand = this.#queue.map((entry) => !mustNotBeLost(entry));
    for (const waiter of this.#waiters)
      waiter.through -= isCommand.slice(0, Math.max(0, waiter.through - before)).filter(Boolean).length;
    const commands = this.#queue.filter((_, index) => isCommand[index]);
    this.#queue = this.#queue.filter((_, index) => !isCommand[index]);
    this.#finish(0);
    return commands;
  }

  /** So many more of the first are done. */
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
