import type { Frame } from './connection.ts';
import { payloadOf } from './frame.ts';

/** The most bytes that a UTF-16 unit takes in UTF-8, and a frame before its payload. */
const MAX_UNIT_BYTES = 3;
const HEADER_BYTES = 10;

/**
 * How much µWS holds back at most: what is published reaches the sockets at the end of the loop's turn, which
 * may be behind that of Node's, so that the turn before counts, too.
 */
export class HeldBack {
  #now = 0;
  #before = 0;

  get bytes(): number {
    return this.#now + this.#before;
  }

  add(frame: Frame): void {
    if (this.bytes === 0) setImmediate(this.#turn);
    this.#now += payloadOf(frame).length * MAX_UNIT_BYTES + HEADER_BYTES;
  }

  readonly #turn = (): void => {
    this.#before = this.#now;
    this.#now = 0;
    if (this.#before > 0) setImmediate(this.#turn);
  };
}
