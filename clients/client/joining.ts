import type { TandemError } from './error.ts';
import type { Terms } from './options.ts';
import { passing, RETRY_MS, SILENCE_MS } from './refusals.ts';

/** Said of a user who may not be in the room any more. */
const dismissals = new Set([
  'FORBIDDEN',
  'PROJECT_INACTIVE',
  'PROJECT_NOT_FOUND',
  'AUTHORIZER_UNAVAILABLE',
  'IDENTITY_MISMATCH',
]);

/** `again`: not yet; undefined: it was about something else. */
export type Outcome = 'joined' | 'refused' | 'again' | undefined;

/** Joins, as often as it takes. */
export class Joining {
  readonly first: Promise<void>;
  readonly #terms: Terms;
  readonly #send: (ref: string) => void;
  #ref: string | undefined;
  #cancel = () => {};
  #resolve!: () => void;
  #reject!: (error: TandemError) => void;

  constructor(terms: Terms, send: (ref: string) => void) {
    this.#terms = terms;
    this.#send = send;
    this.first = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who does not look at it is told by `status`.
    this.first.catch(() => {});
  }

  begin(): void {
    this.#cancel();
    this.#ref ??= this.#terms.newId();
    this.#cancel = this.#terms.clock.after(SILENCE_MS, () => this.begin());
    this.#send(this.#ref);
  }

  stop(): void {
    this.#cancel();
    this.#ref = undefined;
  }

  end(error: TandemError): void {
    this.stop();
    this.#reject(error);
  }

  answered(message: Readonly<Record<string, unknown>>): Outcome {
    const { type, ref, code, opId } = message;
    if (ref === undefined || ref !== this.#ref) {
      const isDismissed = type === 'error' && ref === undefined && opId === undefined;
      return isDismissed && message.op === 'join' && dismissals.has(String(code)) ? 'refused' : undefined;
    }
    this.stop();
    if (type === 'ack') {
      this.#resolve();
      return 'joined';
    }
    if (!passing.has(String(code))) return 'refused';
    const advisedMs = (message.retryAfterMs as number | undefined) ?? RETRY_MS;
    this.#cancel = this.#terms.clock.after(advisedMs, () => this.begin());
    return 'again';
  }
}
