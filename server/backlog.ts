import { takeBatch } from './append-batch.ts';
import { LogError } from './log/log.ts';
import { type Entry, mustNotBeLost } from './room/entry.ts';

/** What is appended at once. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly texts: readonly string[];
  /** Of the entries, those that were not refused. */
  left: readonly Entry[];
}

/** Who waits until so many are done. */
interface Waiter {
  readonly through: number;
  resolve(): void;
}

/** The entries of a room that are not durable yet, in their order, and who waits until they are. */
export class Backlog {
  #queue: Entry[] = [];
  #underWay: Batch | undefined;
  /** The log gave no answer to it: tried again as it is, it is not stored twice. */
  #unsure: Batch | undefined;
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
    return this.#queue.length + ((this.#underWay ?? this.#unsure)?.left.length ?? 0);
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
    this.#underWay = this.#unsure ?? nextOf(this.#queue);
    return this.#underWay;
  }

  /** What was under way is durable. */
  appended(): void {
    const left = (this.#underWay ?? this.#unsure)?.left ?? [];
    this.#underWay = undefined;
    this.#unsure = undefined;
    this.#finish(left.length);
    if (this.#first === undefined || !left.includes(this.#first)) return;
    this.#first = undefined;
    for (const { resolve } of this.#preparing.splice(0)) resolve();
  }

  /** An append without an answer was stored after all. */
  stored(texts: readonly string[]): void {
    if (this.#underWay === undefined && this.#unsure?.texts === texts) this.appended();
  }

  /** What must not be lost waits again. Returns the others of what was under way: their authors have to be told. */
  failed(error: LogError): readonly Entry[] {
    const batch = this.#underWay;
    if (batch === undefined) return [];
    const refused = batch.left.filter((entry) => !mustNotBeLost(entry));
    batch.left = batch.left.filter(mustNotBeLost);
    this.#underWay = undefined;
    if (batch.left.length === 0) this.#unsure = undefined;
    else if (error.code === 'LOG_UNCERTAIN') this.#unsure = batch;
    else if (this.#unsure === undefined) this.#queue.unshift(...batch.left);
    this.#disappoint(error);
    this.#finish(refused.length);
    return refused;
  }

  /** What was under way waits again, all of it, before the rest: it goes into another log. */
  putBack(): void {
    const left = (this.#underWay ?? this.#unsure)?.left ?? [];
    this.#underWay = undefined;
    this.#unsure = undefined;
    this.#queue.unshift(...left);
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

function nextOf(queue: Entry[]): Batch {
  const batch = takeBatch(queue);
  return { ...batch, left: batch.entries };
}
