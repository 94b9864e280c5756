import type { Attachment } from './attachment.ts';
import type { Audience } from './audience.ts';
import type { Receiver } from './receiver.ts';

interface Answer {
  readonly receiver: Receiver;
  readonly encoded: readonly string[];
  /** Of the entry that it answers, or that was the latest when it was given; undefined: it comes last. */
  readonly offset: number | undefined;
}

/** Who has drained meanwhile is to be brought up to date first. */
type Send = (receiver: Receiver, encoded: readonly string[]) => void;

/** Answers that have to wait for the events that came before them, in dialects that answer in order. */
export class HeldAnswers {
  readonly #send: Send;
  #answers: Answer[] = [];
  #ofAudience: Map<Audience, Answer[]> | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  add(answer: Answer): void {
    this.#answers.push(answer);
  }

  /** Sends what waits for one that leaves, or begins to wait for something else. */
  release(receiver: Receiver): void {
    const own = this.#answers.filter((one) => one.receiver === receiver);
    this.#answers = this.#answers.filter((one) => one.receiver !== receiver);
    for (const answer of own) this.#tell(answer);
  }

  /** A flush begins: its events go to audiences. What has no place among these comes last. */
  begin(attachmentOf: (connectionId: string) => Attachment | undefined): void {
    if (this.#answers.length === 0) return;
    const elsewhere: Answer[] = [];
    const ofAudience = new Map<Audience, Answer[]>();
    this.#ofAudience = ofAudience;
    for (const answer of this.#answers) {
      const standing = attachmentOf(answer.receiver.connection.id)?.standing;
      const isPlaced = standing?.kind === 'live' && answer.offset !== undefined;
      const audience = isPlaced ? standing.audience : undefined;
      const known = audience === undefined ? elsewhere : ofAudience.get(audience);
      if (known !== undefined) known.push(answer);
      else if (audience !== undefined) ofAudience.set(audience, [answer]);
    }
    this.#answers = elsewhere;
  }

  /** Sends what comes before an event, of which receivers have everything through `offset`. */
  sendThrough(offset: number, audience: Audience): void {
    const answers = this.#ofAudience?.get(audience);
    while (answers?.[0]?.offset !== undefined && answers[0].offset <= offset)
      this.#tell(answers.shift() as Answer);
  }

  /** Sends what is left. */
  end(): void {
    const left = [...(this.#ofAudience?.values() ?? []), this.#answers];
    this.#ofAudience = undefined;
    this.#answers = [];
    for (const answers of left) for (const answer of answers) this.#tell(answer);
  }

  #tell({ receiver, encoded }: Answer): void {
    this.#send(receiver, encoded);
  }
}
