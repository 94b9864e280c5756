import { within } from '../clock.ts';
import { type DeliveryParts, deliver } from './delivery.ts';
import { type Envelope, encodeEnvelope } from './envelope.ts';
import type { Asker, PeerListener } from './peers.ts';

export interface AnsweringParts extends DeliveryParts {
  readonly nodeId: string;
  /** Of answers that wait for the store to be reached; what is beyond it is not handed over. */
  readonly maxBytes: number;
  listenerOf(subject: string): PeerListener | undefined;
}

interface Open {
  readonly from: string;
  readonly cancelled: AbortController;
  readonly hurried: AbortController;
}

/** Whoever closes waits so long for what is on its way. */
const LAST_MS = 1000;

/** The questions of other nodes that this one has not answered yet. */
export class Answering {
  readonly #parts: AnsweringParts;
  readonly #open = new Map<string, Open>();
  readonly #leaving = new Set<Promise<void>>();
  #bytes = 0;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  asked({ from, id, subject, withinMs, body }: Envelope): void {
    const key = `${from} ${id}`;
    const one: Open = { from, cancelled: new AbortController(), hurried: new AbortController() };
    this.#open.set(key, one);
    const asker = { from, cancelled: one.cancelled.signal, hurried: one.hurried.signal };
    const answering = this.#answer(subject, body, asker)
      .then(
        (answer) => encodeEnvelope({ kind: 'answer', from: this.#parts.nodeId, id, body: answer }),
        () => encodeEnvelope({ kind: 'none', from: this.#parts.nodeId, id }),
      )
      .then(async (message) => {
        if (one.cancelled.signal.aborted) return;
        const leaving = this.#hand(one, message, withinMs);
        this.#leaving.add(leaving);
        await leaving;
        this.#leaving.delete(leaving);
      });
    void answering.finally(() => this.#open.delete(key));
  }

  cancelled({ from, id }: Envelope): void {
    this.#open.get(`${from} ${id}`)?.cancelled.abort();
  }

  hurried({ from, id }: Envelope): void {
    this.#open.get(`${from} ${id}`)?.hurried.abort();
  }

  gone(node: string): void {
    for (const { from, cancelled } of [...this.#open.values()]) if (from === node) cancelled.abort();
  }

  /** Waits for answers that are on their way, and not for others. */
  async close(): Promise<void> {
    await within(this.#parts.clock, LAST_MS, Promise.all(this.#leaving));
    for (const { cancelled } of this.#open.values()) cancelled.abort();
  }

  async #answer(subject: string, body: Buffer, asker: Asker) {
    const answer = this.#parts.listenerOf(subject)?.answer;
    if (answer === undefined) throw new Error(`nobody answers questions about ${subject}`);
    return answer(body, asker);
  }

  /** An answer that cannot be handed over is as if nobody had waited for it. */
  async #hand({ from, cancelled }: Open, message: Buffer, withinMs: number): Promise<void> {
    const { length } = message;
    if (this.#bytes + length > this.#parts.maxBytes) {
      cancelled.abort();
      return;
    }
    this.#bytes += length;
    const isOver = () => cancelled.signal.aborted;
    // Known by its id, it is taken once.
    const bounds = { withinMs, unheardMs: withinMs, isRepeatable: true, isOver };
    const outcome = await deliver(this.#parts, from, message, bounds);
    this.#bytes -= length;
    if (outcome !== 'heard') cancelled.abort();
  }
}
