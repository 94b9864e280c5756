import type { MessageOf, TextDocument } from '../../protocol/index.ts';
import { TandemError } from './error.ts';
import type { Terms } from './options.ts';
import type { Ack } from './outbox.ts';
import { SILENCE_MS } from './refusals.ts';
import type { Room } from './room.ts';
import type { RoomText } from './text/room-text.ts';
import type { TextReplica } from './text-support.ts';

/** As a document begins. [SPEC: TX1] */
const EMPTY: TextDocument = { version: 0, text: '' };
/** More at once come with the whole state of the room, for each question counts. [RL1] */
const FEW = 4;

/** The text documents of a room that are in use. */
export class Texts {
  readonly #used = new Map<string, TextReplica>();
  readonly #room: Room;
  readonly #terms: Terms;
  readonly #submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>;
  readonly #requestSync: (what: object) => void;
  readonly #maxMessageBytes: () => number;
  /** Documents that the server was asked for, and has not told yet. */
  readonly #asked = new Set<string>();
  readonly #due: string[] = [];
  #cancelAgain: (() => void) | undefined;

  constructor(
    room: Room,
    terms: Terms,
    submit: (command: Readonly<Record<string, unknown>>) => Promise<Ack>,
    requestSync: (what: object) => void,
    maxMessageBytes: () => number,
  ) {
    this.#room = room;
    this.#terms = terms;
    this.#submit = submit;
    this.#requestSync = requestSync;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** How many have something that is not yet on its way. */
  get waiting(): number {
    return [...this.#used.values()].filter((one) => one.waits).length;
  }

  get(documentId: string): RoomText {
    const known = this.#used.get(documentId);
    if (known !== undefined) return known.public;
    if (this.#terms.text === undefined) {
      throw new TandemError('NO_TEXT', 'connect needs the option text.');
    }
    const replica = this.#terms.text.create({
      newId: this.#terms.newId,
      maxMessageBytes: this.#maxMessageBytes,
      changed: () => this.#room.emit('pending', this.#room.pending),
      sync: () => this.#ask(documentId),
      submit: (operation, version, opId) =>
        this.#submit({ type: 'operation', documentId, operation, version, opId }),
    });
    this.#used.set(documentId, replica);
    if (this.#room.status === 'joined') this.#ask(documentId);
    else if (this.#room.status !== 'joining') this.end();
    return replica.public;
  }

  received(message: MessageOf<'operation'>): void {
    this.#used.get(message.documentId)?.received(message);
  }

  /** The whole state of the room has come. */
  replaced(documents: Readonly<Record<string, TextDocument>>, isAnew: boolean): void {
    this.#asked.clear();
    const told = new Map(Object.entries(documents));
    for (const [id, one] of this.#used) one.replaced(told.get(id) ?? EMPTY, isAnew);
  }

  /** The room has ended: what waits for its document is refused like all else. */
  end(): void {
    for (const one of this.#used.values()) if (!one.isLoaded) one.replaced(EMPTY, false);
  }

  /** The room was resumed: what was not loaded before does not come by itself. */
  resumed(): void {
    for (const [id, one] of this.#used) if (!one.isLoaded) this.#asked.add(id);
    this.#askAgain();
  }

  /** One document that was asked for. */
  answered(documents: Readonly<Record<string, TextDocument>>): void {
    for (const [id, document] of Object.entries(documents)) {
      this.#asked.delete(id);
      this.#used.get(id)?.replaced(document, false);
    }
  }

  /** What is asked in one turn is asked together. */
  #ask(documentId: string): void {
    if (this.#asked.has(documentId)) return;
    this.#asked.add(documentId);
    if (this.#due.push(documentId) === 1) queueMicrotask(() => this.#askFor(this.#due.splice(0)));
  }

  #askFor(ids: readonly string[]): void {
    if (ids.length === 0 || this.#room.status !== 'joined') return;
    if (ids.length > FEW) this.#requestSync({});
    else for (const documentId of ids) this.#requestSync({ documentId });
    this.#cancelAgain ??= this.#terms.clock.after(SILENCE_MS, () => this.#askAgain());
  }

  #askAgain(): void {
    this.#cancelAgain?.();
    this.#cancelAgain = undefined;
    this.#askFor([...this.#asked]);
  }
}
