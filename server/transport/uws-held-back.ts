import type { Frame } from './connection.ts';
import { payloadOf } from './frame.ts';

/** A frame before its payload. */
const HEADER_BYTES = 10;

interface Waiting {
  bytes: number;
  /** The number of the latest frame. */
  latest: number;
}

/**
 * How much µWS holds back at most: what is published reaches the sockets at the end of the loop's turn, which
 * may be behind that of Node's, so that the turn before counts, too.
 */
export class HeldBack {
  #published = 0;
  #bytes = 0;
  #bytesBefore = 0;
  #now = new Map<string, Waiting>();
  #before = new Map<string, Waiting>();

  /** The number of the latest frame of all. */
  get published(): number {
    return this.#published;
  }

  /** On all topics. */
  get bytes(): number {
    return this.#bytes + this.#bytesBefore;
  }

  /** @param since the number of a frame through which all has been handed over */
  bytesOn(topic: string, since: number): number {
    const waiting = [this.#now.get(topic), this.#before.get(topic)];
    return waiting.reduce((sum, one) => sum + (one !== undefined && one.latest > since ? one.bytes : 0), 0);
  }

  add(topic: string, frame: Frame): void {
    if (this.bytes === 0) setImmediate(this.#turn);
    const bytes = Buffer.byteLength(payloadOf(frame)) + HEADER_BYTES;
    this.#published += 1;
    this.#bytes += bytes;
    const waiting = this.#now.get(topic);
    if (waiting === undefined) this.#now.set(topic, { bytes, latest: this.#published });
    else {
      waiting.bytes += bytes;
      waiting.latest = this.#published;
    }
  }

  readonly #turn = (): void => {
    this.#bytesBefore = this.#bytes;
    this.#before = this.#now;
    this.#bytes = 0;
    this.#now = new Map();
    if (this.#bytesBefore > 0) setImmediate(this.#turn);
  };
}
