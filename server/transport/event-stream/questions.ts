import type { StreamAnswer } from '../../dialect/framings/event-stream.ts';

/** The commands of a client of HTTP that wait for their answers. */
export class Questions {
  /** Nearly always there are none. */
  #waiting: Map<number, (answer: StreamAnswer | undefined) => void> | undefined;
  #refs = 0;
  /** The one that is just being handed over. */
  #handing: number | undefined;

  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  /** @param hand hands the command over, with this ref */
  ask(hand: (ref: number) => void): Promise<StreamAnswer | undefined> {
    this.#refs += 1;
    const ref = this.#refs;
    return new Promise((resolve) => {
      this.#waiting ??= new Map();
      this.#waiting.set(ref, resolve);
      this.#handing = ref;
      hand(ref);
      this.#handing = undefined;
    });
  }

  answered(answer: StreamAnswer): void {
    const ref = Number(answer.ref);
    this.#waiting?.get(ref)?.(answer);
    this.#waiting?.delete(ref);
    if (this.#waiting?.size === 0) this.#waiting = undefined;
  }

  /** There will be no answers. @param refusal for the command that was the reason */
  end(refusal: StreamAnswer): void {
    for (const [ref, resolve] of this.#waiting ?? []) resolve(ref === this.#handing ? refusal : undefined);
    this.#waiting = undefined;
  }
}
