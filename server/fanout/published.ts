import type { Told } from './position.ts';

/** A frame that was published, and what its receivers have that got everything before it. */
interface PublishedFrame {
  sequence: number;
  frame: string;
  before: Told;
}

/** Losses are reported within the turn or early in the next one; no room flushes so often in that time. */
const KEPT_FLUSHES = 4;

/** Of all frames published by this process, in their order. */
let sequence = 0;

/** The frames of a room's latest flushes: one that is reported as lost is one of these. */
export class Published {
  #flushes: PublishedFrame[][] = [];

  beginFlush(): void {
    if (this.#flushes.push([]) > KEPT_FLUSHES) this.#flushes.shift();
  }

  add(frame: string, before: Told): void {
    sequence += 1;
    this.#flushes.at(-1)?.push({ sequence, frame, before });
  }

  clear(): void {
    this.#flushes = [];
  }

  /** The sequence number of a frame, the latest of equal ones. */
  find(bytes: Uint8Array): number | undefined {
    return this.#flushes.flat().findLast((one) => Buffer.from(one.frame).equals(bytes))?.sequence;
  }

  /** What is known to who got everything before this frame; undefined: all that was published. */
  toldBefore(lostFrom: number): Told | undefined {
    return this.#flushes.flat().find((one) => one.sequence >= lostFrom)?.before;
  }
}
