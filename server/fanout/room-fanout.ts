import { isExcluded } from '../dialect/dialect.ts';
import type { RoomEvent, RoomView, SignalEvent, SignalKind } from '../dialect/events.ts';
import type { Effect } from '../room/effect.ts';
import { placeOf } from '../room/place.ts';
import { type Attachment, isIn, type Want } from './attachment.ts';
import { Attachments } from './attachments.ts';
import type { Audience } from './audience.ts';
import { type SyncRequest, syncAnswer } from './catch-up.ts';
import { Encodings } from './encodings.ts';
import type { FanoutOptions } from './fanout-options.ts';
import { Flushes, type Served } from './flushes.ts';
import { HeldAnswers } from './held-answers.ts';
import { absorb, emptyPending, eventsOf, hasPlace, type Pending, through } from './pending.ts';
import type { Told } from './position.ts';
import { publishToAll } from './publish.ts';
import { Published } from './published.ts';
import type { Feed, Receiver } from './receiver.ts';
import { createRendering } from './rendering.ts';
import { Signals } from './signals.ts';
import type { Flushable } from './ticker.ts';

/**
 * What a room sends. Changes wait for the flush, in which they are merged, rendered once per dialect, and
 * published once per audience; whoever joins or comes back is brought up to date right after a flush, so
 * that everybody's next delta begins where the room stands.
 */
export class RoomFanout implements Flushable, Feed {
  readonly view: RoomView;
  readonly #options: FanoutOptions;
  readonly #attachments: Attachments;
  readonly #signals = new Signals();
  readonly #encodings: Encodings;
  readonly #flushes: Flushes;
  readonly #published = new Published();
  readonly #held = new HeldAnswers((receiver, encoded) => {
    if (!this.#attachments.keepsBehind(receiver, encoded)) receiver.reply(encoded, this.view.roomId);
  });
  #pending: Pending | undefined;
  #syncs: { attachment: Attachment; request: SyncRequest }[] = [];

  constructor(view: RoomView, options: FanoutOptions) {
    this.view = view;
    this.#options = options;
    this.#encodings = new Encodings(view);
    this.#flushes = Flushes.from(placeOf(view.state));
    this.#attachments = new Attachments({
      view,
      signals: this.#signals,
      encodings: this.#encodings,
      flushes: this.#flushes,
      request: () => options.ticker.request(this),
    });
  }

  /** Nobody is served. */
  get isEmpty(): boolean {
    return this.#attachments.size === 0;
  }

  /** Whom it serves. */
  connections(): string[] {
    return [...this.#attachments.values()].map(({ receiver }) => receiver.connection.id);
  }

  attachmentOf(connectionId: string): Attachment | undefined {
    return this.#attachments.get(connectionId);
  }

  /** Undefined: it waits. A paused one was served until then. */
  servedTo(connectionId: string): Served | undefined {
    return this.#attachments.servedTo(connectionId);
  }

  /**
   * Takes a receiver in, or serves it anew.
   *
   * @param stored settles when what is kept of its coming is durable: until then it is told nothing
   */
  attach(receiver: Receiver, userId: string, want: Want, stored?: Promise<void>): void {
    receiver.feeds.set(this.view.roomId, this);
    this.#attachments.attach(receiver, userId, want, stored);
    // In the order in which they were asked for, where it joins once more.
    this.#held.release(receiver);
    // No flush is asked for: what else follows from the same batch has to be taken in before.
  }

  detach(connectionId: string): void {
    const attachment = this.#attachments.get(connectionId);
    this.#signals.forget(connectionId);
    if (attachment === undefined) return;
    attachment.receiver.left(this.view.roomId);
    this.#held.release(attachment.receiver);
    this.#attachments.detach(attachment);
    const now = placeOf(this.view.state);
    this.#encodings.at(now);
    for (const { request } of this.#syncs.filter((one) => one.attachment === attachment)) {
      attachment.receiver.reply(syncAnswer(attachment, this.view, request, now, this.#encodings));
    }
    this.#syncs = this.#syncs.filter((one) => one.attachment !== attachment);
  }

  /**
   * Replies that belong behind the answer to a join wait for it. Who hears nothing of the room has nothing to wait for.
   *
   * @param offset of the entry that is answered; undefined: it comes behind all that has happened
   */
  reply(receiver: Receiver, encoded: readonly string[], offset = this.view.state.offset): void {
    if (this.#attachments.keepsBehind(receiver, encoded)) return;
    const pending = this.attachmentOf(receiver.connection.id) && this.#pending;
    if (pending !== undefined && receiver.dialect.vocabulary.answersInOrder) {
      this.#held.add({ receiver, encoded, offset: hasPlace(pending, offset) ? offset : undefined });
    } else receiver.reply(encoded, this.view.roomId);
  }

  /** @returns what the connection has to be told at once */
  setViewing(connectionId: string, thing: string, views: boolean): string[] {
    if (views) this.#signals.showCamera(thing, connectionId);
    else this.#signals.forgetCamera(thing, connectionId);
    const attachment = this.#attachments.get(connectionId);
    return attachment === undefined ? [] : this.#attachments.setViewing(attachment, thing, views);
  }

  signal(
    connectionId: string,
    kind: SignalKind,
    thing: string | undefined,
    payload: SignalEvent['payload'],
  ): void {
    const userId = this.#attachments.get(connectionId)?.userId;
    if (userId === undefined) return;
    this.#signals.put({ type: 'signal', kind, connectionId, userId, thing, payload });
    this.#options.ticker.request(this);
  }

  /** What connections of another node signalled. */
  hear(signals: readonly SignalEvent[]): void {
    for (const signal of signals) this.#signals.put({ ...signal, thing: signal.thing });
    this.#options.ticker.request(this);
  }

  /** Answers with the next flush, which is not asked for here: this may be amid a batch. */
  sync(connectionId: string, request: SyncRequest): void {
    const attachment = this.#attachments.get(connectionId);
    if (attachment !== undefined) this.#syncs.push({ attachment, request });
  }

  /** Takes in what follows from the entry at an offset. */
  absorb(effect: Effect, offset: number): void {
    this.#pending ??= emptyPending();
    absorb(this.#pending, effect, offset);
  }

  flush(): boolean {
    const idle = this.#pending === undefined && !this.#signals.pending;
    if (idle && !this.#attachments.isAwaited && !this.#syncs.some(isAnswerable)) {
      // A whole tick has passed since the last publish: what was lost of it has been reported.
      this.#published.clear();
      return false;
    }
    const begun = this.#options.monotonic();
    this.#flushes.begin();
    const after = placeOf(this.view.state);
    const events = this.#pending === undefined ? [] : eventsOf(this.#pending, after.offset);
    const heard = through(after, this.#pending);
    const signals = this.#signals.take();
    if (signals.length > 0) this.#options.onSignals?.(signals);
    this.#pending = undefined;
    const told = { place: after, heard: this.view.state.offset };
    if (!idle) this.#publish(events, signals, told);
    this.#attachments.told = told;
    this.#flushes.end(heard, this.view.state.recent.since);
    this.#encodings.at(after);
    this.#held.end();
    this.#attachments.serveWaiting();
    this.#answerSyncs();
    for (const event of events) this.#options.onSent(event.type);
    for (const signal of signals) this.#options.onSent(signal.kind);
    this.#options.onFlush(this.#options.monotonic() - begun);
    return true;
  }

  /** To be called about once a second. */
  sweep(): void {
    this.#encodings.sweep();
  }

  findFrame(bytes: Uint8Array): number | undefined {
    return this.#published.find(bytes);
  }

  toldBefore(sequence: number): Told | undefined {
    if (sequence === Number.NEGATIVE_INFINITY) return undefined;
    return this.#published.toldBefore(sequence) ?? this.#attachments.told;
  }

  pause(receiver: Receiver, told: Told | undefined): void {
    this.#attachments.pause(receiver, told);
  }

  resume(receiver: Receiver): void {
    this.#attachments.resume(receiver);
  }

  #publish(events: readonly RoomEvent[], signals: readonly SignalEvent[], after: Told): void {
    const attachments = this.#attachments;
    this.#published.beginFlush();
    this.#held.begin((connectionId) => attachments.get(connectionId));
    const render = createRendering(this.view, events, signals, attachments.told, after);
    publishToAll(attachments.audiences.values(), render, (audience, frame, before, from, exclude) => {
      // Who loses an answer here has what came before.
      attachments.told = before;
      // The delta bears the offset of all: what is answered with it comes behind it.
      if (before.place.offset < after.place.offset) this.#held.sendThrough(before.place.offset, audience);
      this.#published.add(frame, before);
      const author = from === undefined ? undefined : attachments.get(from);
      // In another audience its wire may bear another connection, which is to hear it.
      const except = author && isIn(author, audience) ? author.receiver.connection : undefined;
      const kept = exclude === undefined ? [] : this.#excluded(audience, exclude);
      for (const { receiver } of kept) receiver.connection.unsubscribe(audience.topic);
      this.#options.publish(audience.topic, frame, except);
      for (const { receiver } of kept) receiver.connection.subscribe(audience.topic);
    });
  }

  #excluded(audience: Audience, exclude: readonly string[]): Attachment[] {
    return [...this.#attachments.values()].filter(
      (one) => isIn(one, audience) && isExcluded({ exclude }, one.userId, one.receiver.connection.id),
    );
  }

  #answerSyncs(): void {
    const asked = this.#syncs;
    this.#syncs = [];
    for (const one of asked) {
      const { attachment, request } = one;
      if (!isAnswerable(one)) {
        this.#syncs.push(one);
        continue;
      }
      const answer = syncAnswer(attachment, this.view, request, this.#attachments.place, this.#encodings);
      const frames = attachment.receiver.dialect.framing.frames(answer);
      // An answer may be as large as a scene: it is made anew rather than held.
      if (attachment.receiver.sendFrames(frames) < frames.length) this.#syncs.push(one);
    }
  }
}

function isAnswerable({ attachment }: { attachment: Attachment }): boolean {
  return attachment.standing.kind === 'live';
}
