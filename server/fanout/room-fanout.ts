import { isExcluded, renderDirect } from '../dialect/dialect.ts';
import type { RoomEvent, RoomView, SignalEvent, SignalKind } from '../dialect/events.ts';
import type { Effect } from '../room/effect.ts';
import { type Attachment, type Begun, nothing, type Want, waitingFor } from './attachment.ts';
import { type Audience, Audiences } from './audience.ts';
import { Behind } from './behind.ts';
import { bringUpToDate, type SyncRequest, syncAnswer } from './catch-up.ts';
import { Encodings } from './encodings.ts';
import type { FanoutOptions } from './fanout-options.ts';
import { Flushes, type Served } from './flushes.ts';
import { absorb, emptyPending, eventsOf, type Pending, through } from './pending.ts';
import { earlier, later, type Place, placeFrom, placeOf } from './position.ts';
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
  readonly #attachments = new Map<string, Attachment>();
  readonly #audiences = new Audiences();
  readonly #signals = new Signals();
  readonly #encodings: Encodings;
  #pending: Pending | undefined;
  #waiting: Attachment[] = [];
  readonly #behind = new Behind();
  #syncs: { attachment: Attachment; request: SyncRequest }[] = [];
  /** Where the room stood at the last flush. */
  #place: Place;
  readonly #flushes: Flushes;
  readonly #published = new Published();

  constructor(view: RoomView, options: FanoutOptions) {
    this.view = view;
    this.#options = options;
    this.#place = placeOf(view.state);
    this.#flushes = new Flushes(this.#place);
    this.#encodings = new Encodings(view);
  }

  /** Nobody is served. */
  get isEmpty(): boolean {
    return this.#attachments.size === 0;
  }

  /** Whom it serves. */
  connections(): Iterable<string> {
    return this.#attachments.keys();
  }

  attachmentOf(connectionId: string): Attachment | undefined {
    return this.#attachments.get(connectionId);
  }

  /** Undefined: it waits. A paused one was served until then. */
  servedTo(connectionId: string): Served | undefined {
    const standing = this.#attachments.get(connectionId)?.standing;
    if (standing === undefined || standing.kind === 'waiting') return undefined;
    const { from, since, isFirst } = standing;
    return { from, since, isFirst, epoch: this.view.epoch, flushes: this.#flushes };
  }

  /**
   * Takes a receiver in, or serves it anew.
   *
   * @param stored settles when what is kept of its coming is durable: until then it is told nothing
   */
  attach(receiver: Receiver, userId: string, want: Want, stored?: Promise<void>): void {
    const known = this.#attachments.get(receiver.connection.id);
    const standing = waitingFor(this.#surely(receiver, want));
    const attachment = known ?? { receiver, userId, things: nothing, standing };
    this.#attachments.set(receiver.connection.id, attachment);
    receiver.feeds.set(this.view.roomId, this);
    if (known !== undefined) {
      this.#answerWaiting(known);
      this.#wait(known, want);
    } else this.#waiting.push(attachment);
    if (stored !== undefined) this.#hold(attachment, stored);
    if (receiver.lagging) this.#answerWaiting(attachment);
    // No flush is asked for: what else follows from the same batch has to be taken in before.
  }

  detach(connectionId: string): void {
    const attachment = this.#attachments.get(connectionId);
    this.#signals.forget(connectionId);
    if (attachment === undefined) return;
    this.#attachments.delete(connectionId);
    attachment.receiver.feeds.delete(this.view.roomId);
    this.#leave(attachment);
    this.#waiting = this.#waiting.filter((one) => one !== attachment);
    this.#release(attachment);
    this.#answerWaiting(attachment);
    this.#encodings.at(placeOf(this.view.state));
    for (const { request } of this.#syncs.filter((one) => one.attachment === attachment)) {
      attachment.receiver.reply(this.#syncAnswer(attachment, request, placeOf(this.view.state)));
    }
    this.#syncs = this.#syncs.filter((one) => one.attachment !== attachment);
  }

  /**
   * Replies that belong behind the answer to a join wait for it.
   *
   * @param offset of the entry that is answered; undefined: it comes behind all that has happened
   */
  reply(receiver: Receiver, encoded: readonly string[], offset = this.view.state.offset): void {
    const standing = this.#attachments.get(receiver.connection.id)?.standing;
    // A lagging one holds them itself, within its bound.
    const waits = standing?.kind === 'waiting' && (standing.isHeld || !receiver.lagging);
    if (waits) standing.replies.push(...encoded);
    else if (this.#pending !== undefined && receiver.dialect.vocabulary.answersInOrder) {
      this.#behind.add({ receiver, encoded, offset });
    } else receiver.reply(encoded);
  }

  /** @returns what the connection has to be told at once */
  setViewing(connectionId: string, thing: string, views: boolean): string[] {
    if (!views) this.#signals.forgetCamera(thing, connectionId);
    const attachment = this.#attachments.get(connectionId);
    if (attachment === undefined) return [];
    const others = [...attachment.things].filter((one) => one !== thing);
    attachment.things = new Set(views ? [...others, thing] : others);
    if (attachment.standing.kind !== 'live') return [];
    const { audience: before } = attachment.standing;
    const now = this.#enterAudience(attachment, attachment.standing);
    if (now !== before) attachment.receiver.connection.unsubscribe(before.topic);
    this.#audiences.leave(before);
    return views ? this.#camerasFor(attachment, thing) : [];
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
    if (idle && !this.#waiting.some(isServable) && !this.#syncs.some(isAnswerable)) {
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
    if (!idle) this.#publish(events, signals, after);
    this.#place = after;
    this.#flushes.end(heard, this.view.state.recent.since);
    this.#encodings.at(after);
    this.#behind.end();
    this.#serveWaiting();
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

  placeBefore(sequence: number): Place | undefined {
    if (sequence === Number.NEGATIVE_INFINITY) return undefined;
    return this.#published.placeBefore(sequence) ?? this.#place;
  }

  pause(receiver: Receiver, place: Place | undefined): void {
    const attachment = this.#attachments.get(receiver.connection.id);
    if (attachment === undefined) return;
    this.#leave(attachment);
    receiver.sent.note(this.view.roomId);
    const { standing } = attachment;
    if (standing.kind === 'waiting') return this.#answerWaiting(attachment);
    const { from, since, isFirst } = standing;
    // Lost again before it was brought up to date: the first loss counts.
    const lost = standing.kind === 'paused' ? earlier(standing.place, place) : place;
    // The loss may be another room's, in the same turn, and from before it was served here.
    attachment.standing = { kind: 'paused', place: lost && later(lost, from), from, since, isFirst };
  }

  resume(receiver: Receiver): void {
    const attachment = this.#attachments.get(receiver.connection.id);
    if (attachment === undefined) return;
    if (attachment.standing.kind === 'paused') {
      const { place } = attachment.standing;
      this.#wait(attachment, { joins: [], scene: true, since: undefined, place, resync: true });
    }
    this.#options.ticker.request(this);
  }

  #publish(events: readonly RoomEvent[], signals: readonly SignalEvent[], after: Place): void {
    this.#published.beginFlush();
    this.#behind.begin((connectionId) => this.#attachments.get(connectionId));
    const render = createRendering(this.view, events, signals, this.#place, after);
    publishToAll(this.#audiences.values(), render, (audience, frame, before, from, exclude) => {
      this.#behind.sendThrough(before.offset, audience);
      this.#published.add(frame, before);
      const except = from === undefined ? undefined : this.#attachments.get(from)?.receiver.connection;
      const kept = exclude === undefined ? [] : this.#excluded(audience, exclude);
      for (const { receiver } of kept) receiver.connection.unsubscribe(audience.topic);
      this.#options.publish(audience.topic, frame, except);
      for (const { receiver } of kept) receiver.connection.subscribe(audience.topic);
    });
  }

  #excluded(audience: Audience, exclude: readonly string[]): Attachment[] {
    return [...this.#attachments.values()].filter(
      ({ standing, userId, receiver }) =>
        standing.kind === 'live' &&
        standing.audience === audience &&
        isExcluded({ exclude }, userId, receiver.connection.id),
    );
  }

  #serveWaiting(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter(isServable);
    this.#waiting = this.#waiting.filter((one) => !isServable(one));
    for (const attachment of ready) {
      // Answers and state in one system call.
      attachment.receiver.connection.cork(() => this.#serve(attachment));
    }
  }

  #serve(attachment: Attachment): void {
    const { standing, receiver } = attachment;
    if (standing.kind !== 'waiting') return;
    const isFirst = !receiver.sent.knows(this.view.roomId);
    const update = bringUpToDate(attachment, this.view, standing.want, this.#place, this.#encodings);
    const { resync, recovers, since } = standing.want;
    // What was missed is made anew rather than held as an answer, once what other rooms had has drained.
    const isMissed = resync === true || since !== undefined;
    if (isMissed && !receiver.hasRoomFor(update.encoded)) {
      this.#waiting.push(attachment);
      return receiver.waitForDrain();
    }
    this.#enterAudience(attachment, { from: this.#place, since: this.#flushes.number, isFirst });
    const answers = this.#joined(attachment, standing.want, this.#place);
    const cameras = [...attachment.things].flatMap((thing) => this.#camerasFor(attachment, thing));
    const state = update.whole ? this.#encodings.state(receiver.dialect, this.#place.offset) : [];
    // Its vocabulary has no word for the whole: what it was there for would be missing without a sign.
    const isCut = update.whole && state.length === 0 && (resync === true || recovers !== undefined);
    if (isCut) receiver.leaveBehind();
    const told = [...update.encoded, ...cameras];
    receiver.reply(isMissed ? answers : [...answers, ...told]);
    const isTold = !isMissed || receiver.tell(told);
    const served = receiver.sendFrames(state) === state.length;
    // Whatever came before what did not fit, the whole state is needed.
    if (!isTold || !served) this.pause(receiver, undefined);
    receiver.reply(standing.replies);
  }

  #answerSyncs(): void {
    const asked = this.#syncs;
    this.#syncs = [];
    for (const one of asked) {
      const { receiver } = one.attachment;
      if (!isAnswerable(one)) {
        this.#syncs.push(one);
        continue;
      }
      const { framing } = receiver.dialect;
      const frames = framing.frames(this.#syncAnswer(one.attachment, one.request, this.#place));
      // An answer may be as large as a scene: it is made anew rather than held.
      if (receiver.sendFrames(frames) < frames.length) this.#syncs.push(one);
    }
  }

  #syncAnswer(attachment: Attachment, request: SyncRequest, place: Place): string[] {
    return syncAnswer(attachment, this.view, request, place, this.#encodings);
  }

  #hold(attachment: Attachment, stored: Promise<void>): void {
    if (attachment.standing.kind !== 'waiting') return;
    attachment.standing.isHeld = true;
    const release = () => {
      this.#release(attachment);
      if (attachment.receiver.lagging) this.#answerWaiting(attachment);
      this.#options.ticker.request(this);
    };
    stored.then(release);
  }

  #release({ standing }: Attachment): void {
    if (standing.kind === 'waiting') standing.isHeld = false;
  }

  /** Its join was accepted, whether it is served or not: the answer, and those behind it, are due. */
  #answerWaiting(attachment: Attachment): void {
    const { standing, receiver } = attachment;
    if (standing.kind !== 'waiting' || standing.isHeld) return;
    const { want, replies } = standing;
    const answers = this.#joined(attachment, want);
    // What comes in its place has to tell where the room stands.
    standing.want = { ...want, joins: [], scene: true };
    standing.replies = [];
    receiver.reply([...answers, ...replies]);
  }

  /** @param place none unless what leads there follows: the client would take it for its own */
  #joined({ receiver, userId }: Attachment, { joins }: Want, place?: Place): string[] {
    return joins.flatMap(({ ref }) =>
      this.#direct(receiver, { type: 'joined', userId, ...(ref === undefined ? {} : { ref }), ...place }),
    );
  }

  #camerasFor(attachment: Attachment, thing: string): string[] {
    const cameras = this.#signals.camerasOn(thing, attachment.receiver.connection.id);
    return this.#direct(attachment.receiver, { type: 'viewerCameras', thing, cameras });
  }

  #direct(receiver: Receiver, event: Parameters<typeof renderDirect>[1]): string[] {
    return renderDirect(receiver.dialect, event, this.view);
  }

  #enterAudience(attachment: Attachment, { from, since, isFirst }: Begun): Audience {
    const audience = this.#audiences.enter(attachment.receiver.dialect, attachment.things);
    // One set for all of them.
    attachment.things = audience.things;
    attachment.receiver.connection.subscribe(audience.topic);
    attachment.standing = { kind: 'live', audience, from, since, isFirst };
    return audience;
  }

  #wait(attachment: Attachment, want: Want): void {
    this.#leave(attachment);
    if (attachment.standing.kind !== 'waiting') this.#waiting.push(attachment);
    attachment.standing = waitingFor(this.#surely(attachment.receiver, want), attachment.standing);
  }

  /** Of what is on its way to a client beyond the place that it names nothing may come twice: it gets the whole. */
  #surely(receiver: Receiver, want: Want): Want {
    const { roomId, state, epoch } = this.view;
    const claimed = want.since && placeFrom(state, epoch, want.since);
    if (claimed === undefined || !receiver.sent.exceeds(roomId, claimed)) return want;
    return { ...want, since: undefined, scene: true };
  }

  #leave({ standing, receiver }: Attachment): void {
    if (standing.kind !== 'live') return;
    receiver.connection.unsubscribe(standing.audience.topic);
    this.#audiences.leave(standing.audience);
    receiver.sent.note(this.view.roomId, this.#place);
  }
}

/** One that lags asks for a flush when it has drained, one that is held when it is released. */
function isServable({ receiver, standing }: Attachment): boolean {
  return !receiver.lagging && !(standing.kind === 'waiting' && standing.isHeld);
}

function isAnswerable({ attachment }: { attachment: Attachment }): boolean {
  return attachment.standing.kind === 'live';
}
