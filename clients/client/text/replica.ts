import type { MessageOf, TextDocument, TextOperation } from '../../../protocol/index.ts';
import type { TandemError } from '../error.ts';
import type { TextReplica, TextStage } from '../text-support.ts';
import { apply, compose, cross, leading, split } from './edits.ts';
import { RoomText } from './room-text.ts';

/** What is on its way to the server: one operation at a time, so that it is known what each is made on. */
interface InFlight {
  readonly opId: string;
  /** As it is after what has come since it was made. */
  operation: TextOperation;
}

/**
 * The whole state came while an operation was in flight, and whether that is part of it is not known. Until it
 * is, the text shown stays what it was.
 */
interface Frozen {
  /** What was confirmed before, and that with the operation in flight. */
  readonly before: string;
  readonly base: string;
}

/** A text as one client sees it: confirmed, then in flight, then what was typed since. [SPEC: TX] */
export class Replica implements TextReplica {
  readonly public = new RoomText((operation) => this.#edit(operation));
  readonly #stage: TextStage;
  #isLoaded = false;
  #version = 0;
  #confirmed = '';
  #inFlight: InFlight | undefined;
  #typed: TextOperation = [];
  #toldWaits = false;
  #frozen: Frozen | undefined;
  /** What makes versions that cannot be reached yet; `own`: what is in flight. */
  readonly #ahead = new Map<number, TextOperation | 'own'>();

  constructor(stage: TextStage) {
    this.#stage = stage;
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  get waits(): boolean {
    return this.#typed.length > 0;
  }

  replaced({ version, text }: TextDocument, isAnew: boolean): void {
    if (this.#isLoaded && !isAnew && version <= this.#version) return;
    const before = this.#confirmed;
    this.#isLoaded = true;
    this.#version = version;
    this.#confirmed = text;
    let isContained = false;
    for (const [known, operation] of this.#ahead) {
      // Of another life of the room nothing comes any more, nor what has been accepted in it.
      if (!isAnew && known > version) continue;
      if (operation === 'own') isContained = true;
      this.#ahead.delete(known);
    }
    if (this.#inFlight !== undefined) {
      this.#frozen ??= { before, base: apply(before, this.#inFlight.operation) };
      if (isContained) this.#decided();
    } else this.#rebaseTyped(before);
    this.#proceed();
  }

  received({ version, operation, opId }: MessageOf<'operation'>): void {
    if (version <= this.#version && this.#isLoaded) return;
    // Others need not name one.
    const isOwn = opId !== undefined && opId === this.#inFlight?.opId;
    if (isOwn && this.#frozen === undefined) this.#ahead.set(version, 'own');
    else this.#ahead.set(version, operation);
    this.#proceed();
    if (isOwn && this.#frozen !== undefined && version <= this.#version) this.#decided();
  }

  #edit(operation: TextOperation): void {
    if (operation.length === 0) return;
    this.#typed = compose(this.#typed, operation);
    this.#show(operation, true);
    this.#flush();
  }

  #flush(): void {
    this.#sendTyped();
    if (this.waits === this.#toldWaits) return;
    this.#toldWaits = this.waits;
    this.#stage.changed();
  }

  #sendTyped(): void {
    if (!this.#isLoaded || this.#inFlight !== undefined || this.#typed.length === 0) return;
    const opId = this.#stage.newId();
    // The rest of a message is for its ids.
    const [operation, rest] = split(this.#typed, this.#stage.maxMessageBytes() / 2);
    this.#inFlight = { opId, operation };
    this.#typed = rest;
    this.#stage.submit(operation, this.#version, opId).then(
      (ack) => this.#accepted(opId, ack.version ?? 0),
      (error: TandemError) => this.#refused(opId, error),
    );
  }

  #accepted(opId: string, version: number): void {
    if (this.#inFlight?.opId !== opId) return;
    if (version <= this.#version) return this.#decided();
    if (!this.#ahead.has(version)) this.#ahead.set(version, 'own');
    this.#proceed();
  }

  #refused(opId: string, error: TandemError): void {
    const refused = this.#inFlight;
    if (refused?.opId !== opId) return;
    if (error.code === 'VERSION_UNKNOWN') {
      // Too old for the server, and not made: it is made again on what there is now.
      const before = this.#frozen?.before ?? this.#confirmed;
      this.#typed = compose(refused.operation, this.#typed);
      this.#inFlight = undefined;
      this.#frozen = undefined;
      this.#rebaseTyped(before);
      return this.#flush();
    }
    this.#frozen ??= { before: this.#confirmed, base: apply(this.#confirmed, refused.operation) };
    this.#decided();
    this.public.emit('refused', error);
  }

  /** It is known what became of what is in flight: the confirmed text has it, or never will. */
  #decided(): void {
    const base = this.#frozen?.base ?? this.#confirmed;
    this.#inFlight = undefined;
    this.#frozen = undefined;
    this.#rebaseTyped(base);
    this.#flush();
  }

  /** What was typed on another text than the confirmed one. */
  #rebaseTyped(on: string): void {
    [this.#typed] = cross(this.#typed, leading(on, this.#confirmed));
    const value = apply(this.#confirmed, this.#typed);
    this.#show(leading(this.public.value, value), false);
  }

  #proceed(): void {
    while (this.#isLoaded) {
      const next = this.#ahead.get(this.#version + 1);
      if (next === undefined) break;
      // What became of it on the server has to be told.
      if (next === 'own' && (this.#frozen !== undefined || this.#inFlight === undefined)) {
        return this.#stage.sync();
      }
      this.#version += 1;
      this.#ahead.delete(this.#version);
      if (next === 'own') this.#confirmOwn();
      else this.#confirmOther(next);
    }
    this.#flush();
  }

  #confirmOwn(): void {
    this.#confirmed = apply(this.#confirmed, this.#inFlight?.operation ?? []);
    this.#inFlight = undefined;
  }

  #confirmOther(operation: TextOperation): void {
    this.#confirmed = apply(this.#confirmed, operation);
    if (this.#frozen !== undefined) return;
    let other = operation;
    if (this.#inFlight !== undefined) {
      [this.#inFlight.operation, other] = cross(this.#inFlight.operation, other);
    }
    [this.#typed, other] = cross(this.#typed, other);
    this.#show(other, false);
  }

  #show(operation: TextOperation, isOwn: boolean): void {
    if (operation.length === 0) return;
    this.public.value = apply(this.public.value, operation);
    this.public.emit('change', { value: this.public.value, operation, isOwn });
  }
}
