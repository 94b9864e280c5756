import type { Answer } from '../room/entry.ts';

/** Who waits for the answer to an entry without being a connection: programs, and requests over HTTP. */
export class PendingAnswers {
  readonly #waiting = new Map<string, (answer: Answer) => void>();

  /** @param id stands in the entry as its author's connection; never used twice */
  wait(id: string): Promise<Answer> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  /** False: nobody of this id waits here. */
  answer(id: string, answer: Answer): boolean {
    if (this.#waiting.size === 0) return false;
    const resolve = this.#waiting.get(id);
    this.#waiting.delete(id);
    resolve?.(answer);
    return resolve !== undefined;
  }
}
