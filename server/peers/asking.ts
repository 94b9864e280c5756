import { type DeliveryParts, deliver } from './delivery.ts';
import { type Envelope, encodeEnvelope } from './envelope.ts';
import { NodeUnreachable, type PendingQuestion, type Question } from './peers.ts';

export interface AskingParts extends DeliveryParts {
  readonly nodeId: string;
  /** While the store cannot be reached, questions wait for so long. */
  readonly timeoutMs: number;
  /** Questions that wait for their answers, and the bytes of their bodies. */
  readonly maxQuestions: number;
  readonly maxBytes: number;
  /** Told of each question, once, how it ended. */
  readonly onEnded?: (subject: string, outcome: Outcome) => void;
}

/** `failed`: the node could not answer; `full`: it was not asked, as too much waits already. */
export type Outcome = 'answered' | 'cancelled' | 'gone' | 'unreachable' | 'late' | 'failed' | 'full';

interface Waiting {
  readonly to: string;
  answered(answer: Buffer): void;
  failed(outcome: Outcome, why: string, known?: { isGone?: boolean; mayBeDone?: boolean }): void;
}

const UNHEARD_MS = 1000;

/** The questions of this node that wait for their answers. */
export class Asking {
  readonly #parts: AskingParts;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;
  #count = 0;

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  ask(to: string, { subject, body, withinMs }: Question): PendingQuestion {
    const { nodeId, clock, timeoutMs, maxQuestions, maxBytes } = this.#parts;
    this.#count += 1;
    const id = this.#count.toString(36);
    const message = encodeEnvelope({ kind: 'question', from: nodeId, id, subject, withinMs, body });
    const { length } = message;
    const ended = (outcome: Outcome) => this.#parts.onEnded?.(subject, outcome);
    if (this.#waiting.size >= maxQuestions || this.#bytes + length > maxBytes) {
      ended('full');
      const full = Promise.reject(new NodeUnreachable('too much is asked of other nodes already'));
      return { answer: full, cancel() {}, hurry() {} };
    }
    const { promise, resolve, reject } = withResolvers<Buffer>();
    const forget = (): boolean => {
      if (!this.#waiting.delete(id)) return false;
      this.#bytes -= length;
      endTime();
      return true;
    };
    const answered = (answer: Buffer): void => {
      if (!forget()) return;
      ended('answered');
      resolve(answer);
    };
    const failed: Waiting['failed'] = (outcome, why, known) => {
      if (!forget()) return;
      ended(outcome);
      // Whoever has it need not go on.
      if (outcome === 'late' || outcome === 'unreachable') this.#say(to, 'cancel', id);
      reject(new NodeUnreachable(why, known));
    };
    const cancel = (): void => {
      if (!forget()) return;
      ended('cancelled');
      this.#say(to, 'cancel', id);
      reject(new NodeUnreachable('nobody waits for the answer any more', { mayBeDone: true }));
    };
    const late = () => failed('late', 'the node did not answer in time', { mayBeDone: true });
    const endTime = clock.after(withinMs, late);
    this.#waiting.set(id, { to, answered, failed });
    this.#bytes += length;
    const isOver = () => !this.#waiting.has(id);
    // One that may have been heard is not asked twice: it is cancelled, and whoever asks decides anew.
    const bounds = { withinMs: timeoutMs, unheardMs: UNHEARD_MS, isRepeatable: false, isOver };
    void deliver(this.#parts, to, message, bounds).then((outcome) => {
      if (outcome === 'heard') return;
      if (outcome === 'gone') failed('gone', 'the node is gone', { isGone: true });
      else
        failed('unreachable', 'the node cannot be reached at present', { mayBeDone: outcome === 'unsure' });
    });
    const hurry = (): void => {
      if (!isOver()) this.#say(to, 'hurry', id);
    };
    return { answer: promise, cancel, hurry };
  }

  answered({ from, id, kind, body }: Envelope): void {
    const waiting = this.#waiting.get(id);
    if (waiting?.to !== from) return;
    if (kind === 'answer') waiting.answered(body);
    else waiting.failed('failed', 'the node could not answer', { mayBeDone: true });
  }

  gone(node: string): void {
    for (const { to, failed } of [...this.#waiting.values()])
      if (to === node) failed('gone', 'the node is gone', { isGone: true, mayBeDone: true });
  }

  close(): void {
    for (const { failed } of [...this.#waiting.values()])
      failed('unreachable', 'this node is going down', { mayBeDone: true });
  }

  #say(to: string, kind: 'cancel' | 'hurry', id: string): void {
    void this.#parts.mail.send(to, encodeEnvelope({ kind, from: this.#parts.nodeId, id }));
  }
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
