import type { MessageOf } from '../../protocol/index.ts';
import { copied } from './copied.ts';
import { errorOf, TandemError } from './error.ts';
import type { Keeping } from './keeping.ts';
import { merged } from './merging.ts';
import type { Terms } from './options.ts';
import { passing, RETRY_MS, SILENCE_MS } from './refusals.ts';

export type Ack = MessageOf<'ack'>;

type Command = Readonly<Record<string, unknown>>;

/** A command that waits for its answer. */
interface Waiting {
  command: Command;
  readonly answer: Promise<Ack>;
  isSent: boolean;
  /** Whatever is sent once is never changed: the server may know it. */
  wasSent: boolean;
  answered(ack: Ack): void;
  refused(error: TandemError): void;
}

export interface OutboxHooks {
  send(command: Command): void;
  /** How many wait has changed. */
  changed(): void;
  /** Larger messages are refused by the server, which then cannot tell which one it was. */
  maxMessageBytes(): number;
  /** The server says that the connection is not in the room. */
  notJoined(): void;
}

/** Commands that are known by an `opId`, and so done once however often they are sent. Others have a `ref`. */
const keyed = new Set(['sceneOperation', 'relay', 'message', 'operation']);
/** Sent and not answered at a time: what the server holds back is not made worse. */
const WINDOW = 64;

/**
 * The ordered commands of one room that were not answered yet, oldest first. They are sent in order while the
 * room is open, and all again when it is opened anew; the server knows repeats by their `opId`. [XO]
 */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>();
  readonly #terms: Terms;
  readonly #hooks: OutboxHooks;
  readonly #keeping: Keeping;
  #isOpen = false;
  #cancelPause: (() => void) | undefined;
  #cancelSilence = () => {};

  constructor(terms: Terms, keeping: Keeping, hooks: OutboxHooks) {
    this.#terms = terms;
    this.#keeping = keeping;
    this.#hooks = hooks;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a command as it is now. Resolves with the `ack`; rejects, or throws, with a TandemError; throws a TypeError
   * where it is no JSON. What a drag changes while it cannot be sent becomes one command.
   */
  submit(given: Command): Promise<Ack> {
    const name = keyed.has(String(given.type)) ? 'opId' : 'ref';
    const command = copied({ [name]: this.#terms.newId(), ...given });
    const queued = this.#mergedInto(command);
    if (queued !== undefined) return queued.answer;
    if (this.#waiting.size >= this.#terms.maxPending) {
      throw new TandemError('OUTBOX_FULL', 'Too much waits to be sent.', { limit: this.#terms.maxPending });
    }
    const tooLarge = this.#tooLarge(command);
    if (tooLarge) throw errorOf(tooLarge);
    const { answer } = this.#add(command);
    this.#keeping.put(command);
    this.#hooks.changed();
    this.#pump();
    return answer;
  }

  /** Commands of an earlier client, which go first; before the first `open`. */
  adopt(commands: readonly Command[]): Promise<Ack>[] {
    const own = [...this.#waiting];
    this.#waiting.clear();
    // They may have been sent.
    const answers = commands.map((command) => {
      const one = this.#add(command);
      one.wasSent = true;
      return one.answer;
    });
    for (const [id, one] of own) this.#waiting.set(id, one);
    this.#hooks.changed();
    return answers;
  }

  /** What the server would say of it, if it could. */
  #tooLarge(command: Command): Command | undefined {
    const limit = this.#hooks.maxMessageBytes();
    // As it may have to be sent, in JSON and UTF-8.
    const { length } = new TextEncoder().encode(JSON.stringify({ ...command, after: idOf(command) }));
    return length > limit
      ? { code: 'MESSAGE_TOO_LARGE', message: 'The command is too large.', limit }
      : undefined;
  }

  #add(command: Command): Waiting {
    let answered!: Waiting['answered'];
    let refused!: Waiting['refused'];
    const answer = new Promise<Ack>((resolve, reject) => {
      answered = resolve;
      refused = reject;
    });
    const one = { command, answer, isSent: false, wasSent: false, answered, refused };
    this.#waiting.set(idOf(command), one);
    return one;
  }

  /** The command that waits and that this one has become part of. */
  #mergedInto(command: Command): Waiting | undefined {
    for (const one of [...this.#waiting.values()].reverse()) {
      const outcome = one.wasSent ? 'apart' : merged(one.command, command);
      if (outcome === 'passes') continue;
      if (outcome === 'apart' || this.#tooLarge(outcome)) return undefined;
      one.command = outcome;
      this.#keeping.put(outcome);
      return one;
    }
    return undefined;
  }

  /** The room was joined. What was sent before may have been lost. */
  open(): void {
    for (const [ref, { command }] of this.#waiting) {
      // It was given before the limit was known.
      const tooLarge = this.#tooLarge(command);
      if (tooLarge) this.answer({ ref, ...tooLarge });
    }
    this.#isOpen = true;
    this.#sendAgain();
  }

  pause(): void {
    this.#isOpen = false;
    this.#cancelPause?.();
    this.#cancelPause = undefined;
    this.#cancelSilence();
  }

  /** Gives everything up; what was kept stays so where only the client has ended. */
  end(error: TandemError): void {
    this.pause();
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const [id, one] of all) {
      if (error.code !== 'CLOSED') this.#keeping.remove(id);
      one.refused(error);
    }
    if (all.length > 0) this.#hooks.changed();
  }

  /** An `ack`, `error` or `conflict`; false where it answers nothing that waits here. */
  answer(message: Readonly<Record<string, unknown>>): boolean {
    const id = idOf(message);
    const one = this.#waiting.get(id);
    if (one === undefined) return false;
    if (this.#comesAgain(message)) return true;
    this.#waiting.delete(id);
    this.#keeping.remove(id);
    if (message.type === 'ack') one.answered(message as unknown as Ack);
    else one.refused(errorOf(message));
    this.#hooks.changed();
    this.#watch();
    this.#pump();
    return true;
  }

  #comesAgain({ code, retryAfterMs }: Readonly<Record<string, unknown>>): boolean {
    if (code === 'NOT_JOINED') {
      // Once for all that are refused now.
      if (this.#isOpen) this.#hooks.notJoined();
      this.pause();
      return true;
    }
    if (!passing.has(String(code))) return false;
    const advisedMs = (retryAfterMs as number | undefined) ?? RETRY_MS;
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
    let after: string | undefined;
    for (const [id, one] of this.#waiting) {
      if (index >= WINDOW) return;
      index += 1;
      if (!one.isSent) {
        one.isSent = true;
        one.wasSent = true;
        // Should the one before be refused for its rate, this one shall not overtake it. [RL4]
        this.#hooks.send(after === undefined ? one.command : { ...one.command, after });
        if (index === 1) this.#watch();
      }
      after = id;
    }
  }

  #watch(): void {
    this.#cancelSilence();
    if (!this.#isOpen || this.#waiting.size === 0) return;
    this.#cancelSilence = this.#terms.clock.after(SILENCE_MS, () => this.#sendAgain());
  }
}

/** Of a command, or its answer. */
function idOf({ opId, ref }: Command): string {
  return String(opId ?? ref);
}
