import type { MessageOf } from '../../protocol/index.ts';
import { errorOf, TandemError } from './error.ts';
import type { Terms } from './options.ts';

export type Ack = MessageOf<'ack'>;

/** A command that waits for its answer. */
interface Waiting {
  readonly command: Readonly<Record<string, unknown>>;
  isSent: boolean;
  answered(ack: Ack): void;
  refused(error: TandemError): void;
}

export interface OutboxHooks {
  send(command: object): void;
  /** How many wait has changed. */
  changed(): void;
  /** Larger messages are refused by the server, which then cannot tell which one it was. */
  maxMessageBytes(): number;
  /** The server says that the connection is not in the room. */
  notJoined(): void;
}

/** Sent and not answered at a time: what the server holds back is not made worse. */
const WINDOW = 64;
/** Without an answer for so long, what was sent is sent again: a refusal for its rate may be untold. [RL2] */
const SILENCE_MS = 5000;
const RETRY_MS = 500;
/** Refusals that pass by themselves. */
export const passing: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'OVERLOADED',
  'LOG_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'SHUTTING_DOWN',
  'AUTHORIZER_UNAVAILABLE',
  'KEYS_UNAVAILABLE',
]);

/**
 * The ordered commands of one room that were not answered yet, oldest first. They are sent in order while the
 * room is open, and all again when it is opened anew; the server knows repeats by their `opId`. [XO]
 */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>();
  readonly #terms: Terms;
  readonly #hooks: OutboxHooks;
  #isOpen = false;
  #cancelPause: (() => void) | undefined;
  #cancelSilence = () => {};

  constructor(terms: Terms, hooks: OutboxHooks) {
    this.#terms = terms;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves with the `ack`, rejects with a TandemError. An `opId` or, where it has none, a `ref` names it. */
  submit(command: Readonly<Record<string, unknown>>): Promise<Ack> {
    if (this.#waiting.size >= this.#terms.maxPending) {
      const limit = this.#terms.maxPending;
      return Promise.reject(new TandemError('OUTBOX_FULL', 'Too much waits to be sent.', { limit }));
    }
    const limit = this.#hooks.maxMessageBytes();
    if (bytesOf(command) > limit) {
      return Promise.reject(new TandemError('MESSAGE_TOO_LARGE', 'The command is too large.', { limit }));
    }
    return new Promise((answered, refused) => {
      const id = String(command.opId ?? command.ref);
      this.#waiting.set(id, { command, isSent: false, answered, refused });
      this.#hooks.changed();
      this.#pump();
    });
  }

  /** The room was joined. What was sent before may have been lost. */
  open(): void {
    this.#isOpen = true;
    this.#sendAgain();
  }

  pause(): void {
    this.#isOpen = false;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#cancelSilence();
  }

  /** Gives everything up. */
  end(error: TandemError): void {
    this.pause();
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of all) one.refused(error);
    if (all.length > 0) this.#hooks.changed();
  }

  /** An `ack`, `error` or `conflict`; false where it answers nothing that waits here. */
  answer(message: Readonly<Record<string, unknown>>): boolean {
    const id = String(message.opId ?? message.ref);
    const one = this.#waiting.get(id);
    if (one === undefined) return false;
    if (message.type !== 'ack' && this.#comesAgain(message)) return true;
    this.#waiting.delete(id);
    if (message.type === 'ack') one.answered(message as unknown as Ack);
    else one.refused(errorOf(message));
    this.#hooks.changed();
    this.#watch();
    this.#pump();
    return true;
  }

  #comesAgain({ code, retryAfterMs }: Readonly<Record<string, unknown>>): boolean {
    if (code === 'NOT_JOINED') {
      this.pause();
      this.#hooks.notJoined();
      return true;
    }
    if (!passing.has(String(code))) return false;
    const advisedMs = typeof retryAfterMs === 'number' ? retryAfterMs : RETRY_MS;
    // One pause for all that are refused now.
    this.#cancelPause ??= this.#terms.clock.after(advisedMs + this.#terms.random() * 100, () => {
      this.#cancelPause = undefined;
      this.#sendAgain();
    });
    return true;
  }

  #sendAgain(): void {
    for (const one of this.#waiting.values()) one.isSent = false;
    this.#pump();
    this.#watch();
  }

  #pump(): void {
    if (!this.#isOpen || this.#cancelPause !== undefined) return;
    let index = 0;
    for (const one of this.#waiting.values()) {
      if (index >= WINDOW) return;
      index += 1;
      if (one.isSent) continue;
      one.isSent = true;
      this.#hooks.send(one.command);
      if (index === 1) this.#watch();
    }
  }

  #watch(): void {
    this.#cancelSilence();
    if (!this.#isOpen || this.#waiting.size === 0) return;
    this.#cancelSilence = this.#terms.clock.after(SILENCE_MS, () => this.#sendAgain());
  }
}

/** As JSON in UTF-8. */
function bytesOf(command: object): number {
  return new TextEncoder().encode(JSON.stringify(command)).length;
}
