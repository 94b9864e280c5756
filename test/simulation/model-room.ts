import { deepStrictEqual } from 'node:assert/strict';
import { changesOf, type Delta, type Manifest, type Operation, setProperty } from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';
import { ModelText, type Own } from './model-text.ts';
import type { Sent } from './sent.ts';

/** Messages and events that were heard without a break: all those after `from`. */
export interface Stretch {
  epoch: string;
  from: number;
  to: number;
  ids: string[];
  /** Of who heard them: its own events it may have heard or not. */
  connections: ReadonlySet<string>;
}

/** A room as a client knows it, written from the rules SC, TX, CH, RS. Throws where one is broken. */
export class ModelRoom {
  epoch = '';
  version = 0;
  offset = 0;
  manifest: Manifest = { properties: {}, items: {} };
  texts = new Map<string, ModelText>();
  messages: Message[] = [];
  /** False after a resume that recovered the scene alone, until the whole state comes. */
  complete = true;
  /** The whole state has to come before anything else. */
  needsState = false;
  #heard: string[] = [];
  #heardFrom = 0;

  /** As a join leaves it: where its ack says, or at the place that it named itself. */
  static joined({ command, claimed, isFalse }: Sent, ack: Message): ModelRoom {
    const room = claimed?.clone() ?? new ModelRoom();
    if (claimed === undefined) room.begin(ack);
    const isElsewhere = ack.epoch !== undefined && ack.epoch !== room.epoch;
    room.needsState = isFalse === true || isElsewhere || (claimed === undefined && ack.offset > 0);
    if (command.since !== undefined && command.since.offset === undefined) room.complete = false;
    return room;
  }

  clone(): ModelRoom {
    const copy = new ModelRoom();
    const { epoch, version, offset, complete } = this;
    Object.assign(copy, { epoch, version, offset, complete });
    copy.manifest = structuredClone(this.manifest);
    copy.texts = new Map([...this.texts].map(([id, text]) => [id, text.clone()]));
    copy.messages = [...this.messages];
    copy.#heard = [...this.#heard];
    copy.#heardFrom = this.#heardFrom;
    return copy;
  }

  /** Begins at the place that a join was answered with. */
  begin({ epoch, version, offset }: Message): void {
    Object.assign(this, { epoch, version, offset });
    this.#heardFrom = offset;
  }

  stretch(): Omit<Stretch, 'connections'> {
    return { epoch: this.epoch, from: this.#heardFrom, to: this.offset, ids: this.#heard };
  }

  /** Takes in the whole state. */
  replace(state: Message): void {
    if (this.epoch === state.epoch && (state.version < this.version || state.offset < this.offset)) {
      throw new Error(
        `[DU1] the state went back from ${this.version}/${this.offset} to ${state.version}/${state.offset}`,
      );
    }
    const { epoch, version, offset, manifest, documents, messages } = state;
    Object.assign(this, { epoch, version, offset, messages, complete: true, needsState: false });
    this.manifest = structuredClone(manifest);
    for (const id of this.texts.keys()) if (documents[id] === undefined) this.texts.delete(id);
    for (const [id, text] of Object.entries(documents as Record<string, Message>)) {
      this.text(id).reset(text.version, text.text);
    }
    this.#heard = [];
    this.#heardFrom = offset;
  }

  delta({ fromVersion, toVersion, operations, offset }: Delta & { offset: number }): void {
    this.#expectNoState();
    if (fromVersion !== this.version || toVersion <= fromVersion) {
      throw new Error(`[SC2] at version ${this.version} came a delta from ${fromVersion} to ${toVersion}`);
    }
    if (offset < this.offset) throw new Error(`[RS2] at offset ${this.offset} came a delta at ${offset}`);
    applyAll(this.manifest, operations);
    this.version = toVersion;
    this.offset = offset;
  }

  message(message: Message, isRepeatAllowed: boolean): void {
    const { type: _, roomId: __, offset, ...chat } = message;
    if (this.#hear(chat.id, offset, isRepeatAllowed)) this.messages.push(chat);
  }

  event({ id, offset }: Message, isRepeatAllowed: boolean): void {
    this.#hear(id, offset, isRepeatAllowed);
  }

  /** Whether it is new, and one of all that there are. */
  #hear(id: string, offset: number, isRepeatAllowed: boolean): boolean {
    if (!this.complete) {
      this.#advance(offset);
      return false;
    }
    this.#expectNoState();
    if (isRepeatAllowed && offset <= this.offset) return false;
    if (offset <= this.offset) throw new Error(`[RS2] at offset ${this.offset} came ${id} of ${offset}`);
    this.#heard.push(id);
    this.offset = offset;
    return true;
  }

  textOperation(message: Message, isRepeatAllowed: boolean, own?: Own): void {
    const { documentId, version, operation, offset } = message;
    if (!this.complete) return this.#advance(offset);
    this.#expectNoState();
    this.text(documentId).arrive(version, operation, isRepeatAllowed, own);
    this.#advance(offset);
  }

  text(id: string): ModelText {
    const text = this.texts.get(id) ?? new ModelText();
    this.texts.set(id, text);
    return text;
  }

  /** Fails where this is not the state that the server tells. */
  checkAgainst(state: Message): void {
    const { version, epoch } = this;
    deepStrictEqual({ version, epoch }, pick(state), 'a live client is not where the room stands');
    // Its own text operations are not sent to it, so that it may be behind by these.
    if (this.offset > state.offset) throw new Error(`[RS2] at ${this.offset} in a room at ${state.offset}`);
    deepStrictEqual(this.manifest, state.manifest, 'another scene than the server’s');
    const texts = [...this.texts].filter(([, text]) => text.version > 0 && !text.lost);
    for (const [id, text] of texts) {
      text.checkComplete();
      deepStrictEqual({ version: text.version, text: text.text }, state.documents[id], `another text ${id}`);
    }
    const missing = Object.keys(state.documents).filter((id) => !this.texts.has(id));
    deepStrictEqual(missing, [], '[TX2] texts that are not known');
    const kept = state.messages as Message[];
    deepStrictEqual(this.messages.slice(-kept.length || this.messages.length), kept, '[CH1] other messages');
  }

  #expectNoState(): void {
    if (this.needsState) throw new Error('[RS3] something came before the whole state');
  }

  #advance(offset: number): void {
    this.offset = Math.max(this.offset, offset);
  }
}

function pick({ version, epoch }: Message) {
  return { version, epoch };
}

export function applyAll(manifest: Manifest, operations: readonly Operation[]): void {
  for (const operation of operations) applyOne(manifest, operation);
}

function applyOne({ properties, items }: Manifest, { type, target, id = '', data = {} }: Operation): void {
  if ((type === 'add') === Object.hasOwn(items, id) && target === 'item') {
    throw new Error(`[SC6] ${type} of item ${id}, which is ${type === 'add' ? 'there' : 'not there'}`);
  }
  if (type === 'remove') {
    delete items[id];
    return;
  }
  if (type === 'add') items[id] = { id };
  const subject = target === 'scene' ? properties : (items[id] as Record<string, unknown>);
  for (const { keys, value } of changesOf(structuredClone(data))) setProperty(subject, keys, value);
}
