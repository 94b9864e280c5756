import type { ChatMessage, Manifest, MessageOf } from '../../protocol/index.ts';
import type { Chat } from './chat.ts';
import type { Scene } from './scene.ts';
import type { Texts } from './texts.ts';

export interface Parts {
  readonly scene: Scene;
  readonly chat: Chat;
  readonly texts: Texts;
  event(message: MessageOf<'event'>): void;
  requestSync(what: object): void;
}

/** The whole of what a room keeps. */
interface Whole {
  epoch: string;
  version: number;
  offset: number;
  manifest: Manifest;
  documents: MessageOf<'sceneState'>['documents'];
  messages: ChatMessage[];
}

type Ordered = MessageOf<'message'> | MessageOf<'operation'> | MessageOf<'event'>;

/** What a room keeps, in the order of its log, and how far that has come. [SPEC: RS] */
export class Content {
  /** Where the next join goes on; undefined before the first state. */
  place: { epoch: string; version: number; offset: number } | undefined;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Older servers say less. */
  state({
    epoch = '',
    version = 0,
    offset = 0,
    manifest,
    documents = {},
    messages = [],
  }: Partial<Whole>): void {
    const isAnew = this.place?.epoch !== epoch;
    this.place = { epoch, version, offset };
    const { items = {}, properties = {} } = manifest ?? {};
    this.#parts.scene.state(version, { items, properties }, isAnew);
    this.#parts.chat.replaced(messages);
    this.#parts.texts.replaced(documents, isAnew);
  }

  delta(delta: Omit<MessageOf<'sceneDelta'>, 'type' | 'roomId'>): void {
    if (this.place === undefined) return;
    const { scene, requestSync } = this.#parts;
    // Deltas lead on without a gap; should one not, the rest is asked for.
    if (!scene.delta(delta)) return requestSync(this.place);
    this.place.version = scene.version;
    this.place.offset = Math.max(this.place.offset, delta.offset ?? 0);
  }

  synced(answer: MessageOf<'syncResponse'>): void {
    const { mode, manifest, fromVersion = 0, version, offset, operations } = answer;
    if (mode === 'full' && manifest !== undefined) this.state(answer as unknown as Whole);
    else if (mode === 'full') this.#parts.texts.answered(answer.documents ?? {});
    else if (mode === 'delta' && operations !== undefined) {
      this.delta({ fromVersion, toVersion: version, offset, operations });
    }
  }

  ordered(message: Ordered): void {
    if (!this.#advance(message.offset)) return;
    if (message.type === 'message') this.#parts.chat.received(message);
    else if (message.type === 'operation') this.#parts.texts.received(message);
    else this.#parts.event(message);
  }

  /** False: it has come before, or is part of the state that is still to come. */
  #advance(offset: number | undefined): boolean {
    const { place } = this;
    if (place === undefined || (offset !== undefined && offset <= place.offset)) return false;
    place.offset = offset ?? place.offset;
    return true;
  }
}
