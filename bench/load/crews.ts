import { Worker } from 'node:worker_threads';
import type { Crew, Muster } from './crew.ts';
import type { Person } from './speech.ts';
import { type Tally, together } from './tally.ts';
import type { Answer, Call } from './worker.ts';

/** Crews in threads of their own; each room is with one of them. */
export class Crews {
  readonly #threads: Thread[];

  constructor(threads: number) {
    this.#threads = Array.from({ length: threads }, () => new Thread());
  }

  async open(muster: Muster): Promise<void> {
    const shares = this.#threads.map(() => [] as Person[]);
    const rooms = new Map<string, number>();
    for (const person of muster.people) {
      if (!rooms.has(person.roomId)) rooms.set(person.roomId, rooms.size % shares.length);
      shares[rooms.get(person.roomId) as number]?.push(person);
    }
    const atOnce = Math.ceil(muster.atOnce / shares.length);
    await Promise.all(
      this.#threads.map((thread, index) =>
        thread.call('open', { ...muster, people: shares[index] ?? [], atOnce }),
      ),
    );
  }

  /** Calls this of every crew. */
  async all(
    method: 'work' | 'finish' | 'comeBack' | 'furnish' | 'end',
    ...args: (string | number)[]
  ): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.call(method, ...args)));
  }

  async take(): Promise<Tally> {
    const tallies = await Promise.all(this.#threads.map((thread) => thread.call('take') as Promise<Tally>));
    return tallies.reduce(together);
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

class Thread {
  readonly #worker = new Worker(new URL('./worker.js', import.meta.url));
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #ids = 0;
  #failure: Error | undefined;

  constructor() {
    this.#worker.on('message', (answer: Answer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.value);
    });
    this.#worker.on('error', (error) => {
      this.#failure = error as Error;
      for (const { reject } of this.#waiting.values()) reject(error as Error);
    });
  }

  call(method: Exclude<keyof Crew, symbol>, ...args: unknown[]): Promise<unknown> {
    this.#ids += 1;
    const id = this.#ids;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  async end(): Promise<void> {
    if (this.#failure === undefined) await this.call('end');
    await this.#worker.terminate();
  }
}
