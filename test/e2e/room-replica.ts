import {
  type ChatMessage,
  changesOf,
  type Manifest,
  type Operation,
  setProperty,
  type TextDocument,
} from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';
import { TextReplica } from './text-replica.ts';

/**
 * A room as one client knows it, from the messages alone. What the protocol rules out is kept as a fault, so
 * that a test of load does not have to look at every message itself.
 */
export class RoomReplica {
  readonly roomId: string;
  epoch: string | undefined;
  version = 0;
  offset = 0;
  manifest: Manifest = { properties: {}, items: {} };
  readonly texts = new Map<string, TextReplica>();
  messages: ChatMessage[] = [];
  users: string[] = [];
  selected: Record<string, string[]> = {};
  /** How often the whole state came. */
  states = 0;
  deltas = 0;
  readonly #faults: string[] = [];
  #hasState = false;

  constructor(roomId: string) {
    this.roomId = roomId;
  }

  get faults(): string[] {
    return [...this.#faults, ...[...this.texts.values()].flatMap((text) => text.faults)];
  }

  /** What a join says of where this client stands. [RS2] */
  get since(): { epoch: string; version: number; offset: number } | undefined {
    if (this.epoch === undefined || !this.#hasState) return undefined;
    return { epoch: this.epoch, version: this.version, offset: this.offset };
  }

  text(documentId: string): TextReplica {
    const known = this.texts.get(documentId) ?? new TextReplica();
    this.texts.set(documentId, known);
    return known;
  }

  receive(message: Message): void {
    switch (message.type) {
      case 'presence':
        this.users = message.users.map((one: { userId: string }) => one.userId).sort();
        return;
      case 'selection_state':
        this.selected = message.selected;
        return;
      case 'sceneState':
        this.#state(message);
        return;
      case 'sceneDelta':
        this.#delta(message);
        return;
      case 'message': {
        const { type: _, roomId: __, offset, ...chat } = message;
        this.#advance('message', offset);
        if (this.messages.some((one) => one.id === chat.id)) this.#fault(`message ${chat.id} arrived twice`);
        this.messages.push(chat as ChatMessage);
        return;
      }
      case 'operation':
        this.#advance('operation', message.offset);
        this.text(message.documentId).received(message.version, message.operation, message.opId);
        return;
      case 'syncResponse':
        for (const [id, document] of Object.entries<TextDocument>(message.documents ?? {})) {
          this.text(id).replaced(document);
        }
    }
  }

  #state({ epoch, version, offset, manifest, documents, messages }: Message): void {
    this.states += 1;
    if (this.epoch === epoch && (version < this.version || offset < this.offset)) {
      this.#fault(`the room went back from ${this.version}/${this.offset} to ${version}/${offset}`);
    }
    this.epoch = epoch;
    this.version = version;
    this.offset = offset;
    this.manifest = manifest;
    this.messages = messages;
    this.#hasState = true;
    for (const [id, document] of Object.entries<TextDocument>(documents)) this.text(id).replaced(document);
  }

  #delta({ fromVersion, toVersion, offset, operations }: Message): void {
    this.deltas += 1;
    if (fromVersion !== this.version) this.#fault(`a delta from ${fromVersion} came at ${this.version}`);
    if (toVersion <= fromVersion) this.#fault(`a delta leads from ${fromVersion} to ${toVersion}`);
    if (offset < this.offset) this.#fault(`a delta with offset ${offset} came at ${this.offset}`);
    this.version = toVersion;
    this.offset = offset;
    for (const operation of operations) this.#apply(operation);
  }

  #apply({ type, target, id, data = {} }: Operation): void {
    const { items, properties } = this.manifest;
    const itemId = id ?? String(data.id);
    if (type === 'remove') {
      delete items[itemId];
      return;
    }
    if (type === 'add' && items[itemId] !== undefined) this.#fault(`${itemId} was added twice`);
    if (type === 'add') items[itemId] = { id: itemId };
    const subject = target === 'scene' ? properties : items[itemId];
    if (subject === undefined) this.#fault(`${itemId} was updated, and is not there`);
    else for (const change of changesOf(data)) setProperty(subject, change.keys, change.value);
  }

  /** Messages and texts come in the order of the log, each once. */
  #advance(what: string, offset: number): void {
    if (offset <= this.offset) this.#fault(`${what} with offset ${offset} came at ${this.offset}`);
    this.offset = Math.max(this.offset, offset);
  }

  #fault(what: string): void {
    this.#faults.push(what);
  }
}
