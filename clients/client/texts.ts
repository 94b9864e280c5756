import type { MessageOf, TextDocument } from '../../protocol/index.ts';
import { TandemError } from './error.ts';
import type { Terms } from './options.ts';
import type { Ack } from './outbox.ts';
import type { Room } from './room.ts';
import type { RoomText } from './text/room-text.ts';
import type { TextReplica } from './text-support.ts';

/** The text documents of a room: what they were when the room was last told of, and those in use. */
export class Texts {
  readonly #used = new Map<string, TextReplica>();
  readonly #room: Room;
  readonly #terms: Terms;
  readonly #submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>;
  readonly #ask: (documentId: string) => void;
  readonly #maxMessageBytes: () => number;

  constructor(
    room: Room,
    terms: Terms,
    submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>,
    ask: (documentId: string) => void,
    maxMessageBytes: () => number,
  ) {
    this.#room = room;
    this.#terms = terms;
    this.#submit = submit;
    this.#ask = ask;
    this.#maxMessageBytes = maxMessageBytes;
  }

  get(documentId: string): RoomText {
    const known = this.#used.get(documentId);
    if (known !== undefined) return known.public;
    if (this.#terms.text === undefined) {
      throw new TandemError('NO_TEXT', 'Pass `text` of tandem/client/text as the option `text` of connect.');
    }
    const replica = this.#terms.text.create({
      newId: this.#terms.newId,
      maxMessageBytes: this.#maxMessageBytes,
      sync: () => this.#ask(documentId),
      submit: (operation, version, opId) =>
        this.#submit({ type: 'operation', documentId, operation, version, opId }),
    });
    this.#used.set(documentId, replica);
    if (this.#room.status === 'joined') this.#ask(documentId);
    return replica.public;
  }

  received(message: MessageOf<'operation'>): void {
    this.#used.get(message.documentId)?.received(message);
  }

  /** The whole state of the room has come. */
  replaced(documents: Readonly<Record<string, TextDocument>>, isAnew: boolean): void {
    for (const [id, one] of this.#used) one.replaced(documentIn(documents, id), isAnew);
  }

  /** The room was resumed: what was not loaded before does not come by itself. */
  resumed(): void {
    for (const [id, one] of this.#used) if (!one.isLoaded) this.#ask(id);
  }

  /** One document that was asked for. */
  answered(documents: Readonly<Record<string, TextDocument>>): void {
    for (const [id, document] of Object.entries(documents)) this.#used.get(id)?.replaced(document, false);
  }
}

/** A document begins empty. [SPEC: TX1] */
function documentIn(documents: Readonly<Record<string, TextDocument>>, id: string): TextDocument {
  return (Object.hasOwn(documents, id) ? documents[id] : undefined) ?? { version: 0, text: '' };
}
