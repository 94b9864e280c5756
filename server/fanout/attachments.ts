import { renderDirect } from '../dialect/dialect.ts';
import { type Place, placeOf } from '../room/place.ts';
import type { Attachment, Serving, Waits, Want } from './attachment.ts';
import { again, isServable, lostSince, nothing, release, surely, waitingFor } from './attachment.ts';
import { type Audience, Audiences } from './audience.ts';
import { answered, bringUpToDate, inOrder, joinedAnswers, type Update } from './catch-up.ts';
import type { AttachmentsOptions } from './fanout-options.ts';
import type { Served } from './flushes.ts';
import { earlier, later, type Told } from './position.ts';
import type { Receiver } from './receiver.ts';

/**
 * Whom a room serves, and how each stands to it. Who joins, comes back, or has drained waits for the end of a flush,
 * and is brought up to date there; then it is in the audience that gets the next one.
 */
export class Attachments {
  readonly audiences = new Audiences();
  /** What the last flush led to. */
  told: Told;
  readonly #options: AttachmentsOptions;
  readonly #byConnection = new Map<string, Attachment>();
  #waiting: Attachment[] = [];

  constructor(options: AttachmentsOptions) {
    this.#options = options;
    const { state } = options.view;
    this.told = { place: placeOf(state), heard: state.offset };
  }

  /** Where the room stood at the last flush. */
  get place(): Place {
    return this.told.place;
  }

  get size(): number {
    return this.#byConnection.size;
  }

  /** Whether the next flush is for somebody who waits. */
  get isAwaited(): boolean {
    return this.#waiting.some(isServable);
  }

  values(): Iterable<Attachment> {
    return this.#byConnection.values();
  }

  get(connectionId: string): Attachment | undefined {
    return this.#byConnection.get(connectionId);
  }

  /** Undefined: it waits. A paused one was served until then. */
  servedTo(connectionId: string): Served | undefined {
    const standing = this.#byConnection.get(connectionId)?.standing;
    if (standing === undefined || standing.kind === 'waiting') return undefined;
    const { view, flushes } = this.#options;
    const { from, since, isFirst } = standing;
    return { from, since, isFirst, epoch: view.epoch, flushes };
  }

  /** @param stored settles when what is kept of its coming is durable: until then it is told nothing */
  attach(receiver: Receiver, userId: string, want: Want, stored: Promise<void> | undefined): void {
    const known = this.#byConnection.get(receiver.connection.id);
    const attachment = known ?? this.#begin(receiver, userId, want);
    if (known !== undefined) {
      this.#answerWaiting(known);
      this.#wait(known, want);
    }
    if (stored !== undefined) this.#hold(attachment, stored);
    if (receiver.lagging) this.#answerWaiting(attachment);
  }

  #begin(receiver: Receiver, userId: string, want: Want): Attachment {
    const standing = waitingFor(surely(want, receiver, this.#options.view));
    const attachment = { receiver, userId, things: nothing, standing };
    this.#byConnection.set(receiver.connection.id, attachment);
    this.#waiting.push(attachment);
    return attachment;
  }

  detach(attachment: Attachment): void {
    this.#byConnection.delete(attachment.receiver.connection.id);
    this.#leave(attachment);
    this.#waiting = this.#waiting.filter((one) => one !== attachment);
    release(attachment);
    this.#answerWaiting(attachment);
  }

  /** Whether replies have to wait behind the answer to a join, as they now do. */
  keepsBehind(receiver: Receiver, encoded: readonly string[]): boolean {
    const standing = this.#byConnection.get(receiver.connection.id)?.standing;
    // A lagging one holds them itself, within its bound.
    if (standing?.kind !== 'waiting' || (receiver.lagging && !standing.isHeld)) return false;
    standing.replies.push(...encoded);
    return true;
  }

  /** @returns what the connection has to be told at once */
  setViewing(attachment: Attachment, thing: string, views: boolean): string[] {
    const others = [...attachment.things].filter((one) => one !== thing);
    attachment.things = new Set(views ? [...others, thing] : others);
    if (attachment.standing.kind !== 'live') return [];
    const { audience: before } = attachment.standing;
    const now = this.#enterAudience(attachment, attachment.standing);
    if (now !== before) attachment.receiver.connection.unsubscribe(before.topic);
    this.audiences.leave(before);
    return views ? this.#camerasFor(attachment, thing) : [];
  }

  pause(receiver: Receiver, told: Told | undefined): void {
    const attachment = this.#byConnection.get(receiver.connection.id);
    if (attachment === undefined) return;
    this.#leave(attachment);
    receiver.sent.note(this.#options.view.roomId);
    const { standing } = attachment;
    if (standing.kind === 'waiting') {
      standing.want = lostSince(told, standing.want);
      return this.#answerWaiting(attachment);
    }
    const { from, heard, since, isFirst } = standing;
    // Lost again before it was brought up to date: the first loss counts.
    const first = standing.kind === 'paused' ? earlier(standing.lost, told) : told;
    // The loss may be another room's, in the same turn, and from before it was served here.
    const lost = first && { place: later(first.place, from), heard: Math.max(first.heard, heard) };
    attachment.standing = { kind: 'paused', lost, from, heard, since, isFirst };
  }

  resume(receiver: Receiver): void {
    const attachment = this.#byConnection.get(receiver.connection.id);
    if (attachment === undefined) return;
    if (attachment.standing.kind === 'paused') {
      const { lost } = attachment.standing;
      this.#wait(attachment, { joins: [], scene: true, since: undefined, ...lost, resync: true });
    }
    this.#options.request();
  }

  /** Brings up to date who waits for it. */
  serveWaiting(): void {
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
    const { view, encodings, flushes } = this.#options;
    const update = bringUpToDate(attachment, view, standing.want, this.place, encodings);
    const encoded = inOrder(attachment, view, standing.want, this.place, update);
    if (update.steps.length > 0 && !receiver.hasRoomFor(encoded)) {
      return this.#serveInPart(attachment, standing, update);
    }
    const isFirst = !receiver.sent.knows(view.roomId);
    const { place: from, heard } = this.told;
    this.#enterAudience(attachment, { from, heard, since: flushes.number, isFirst });
    const cameras = [...attachment.things].flatMap((thing) => this.#camerasFor(attachment, thing));
    const state = update.whole ? encodings.state(receiver.dialect, this.place.offset) : [];
    // Its vocabulary has no word for the whole: what it was there for would be missing without a sign.
    if (update.isLost && state.length === 0) receiver.leaveBehind();
    receiver.reply([...encoded, ...cameras]);
    // Whatever came before what did not fit, the whole state is needed.
    if (receiver.sendFrames(state) < state.length) this.pause(receiver, undefined);
    receiver.reply(standing.replies, view.roomId);
  }

  /** As much as fits of what was missed; the rest is made anew, from there, when that has drained. */
  #serveInPart(attachment: Attachment, standing: Waits, { present, from, steps: missed }: Update): void {
    const { receiver } = attachment;
    this.#answerJoins(attachment, standing);
    receiver.reply(present);
    // Its own is acknowledged.
    const { id } = receiver.connection;
    const steps = standing.want.withOwn ? missed : missed.filter((one) => one.from !== id);
    const sent = receiver.tell(steps.map(({ text }) => text));
    // It may have been closed for what it did not take.
    if (this.get(receiver.connection.id) === undefined) return;
    const place = steps[sent - 1]?.place ?? from;
    // No place leads on from amid an event.
    const rest = steps.slice(sent).filter((one) => one.place === place);
    const heard = this.#options.view.state.offset;
    standing.want = { ...standing.want, since: undefined, place, rest, heard };
    if (sent === steps.length) return this.#serve(attachment);
    this.#waiting.push(attachment);
    receiver.waitForDrain();
  }

  #hold(attachment: Attachment, stored: Promise<void>): void {
    if (attachment.standing.kind !== 'waiting') return;
    attachment.standing.isHeld = true;
    stored.then(() => {
      release(attachment);
      if (attachment.receiver.lagging) this.#answerWaiting(attachment);
      this.#options.request();
    });
  }

  /** The answer to its join, and those behind it, are due. */
  #answerWaiting(attachment: Attachment): void {
    const { standing, receiver } = attachment;
    if (standing.kind !== 'waiting' || standing.isHeld) return;
    this.#answerJoins(attachment, standing);
    receiver.reply(standing.replies.splice(0), this.#options.view.roomId);
  }

  /** Its join was accepted, whether it is served or not. */
  #answerJoins(attachment: Attachment, standing: Waits): void {
    const { view } = this.#options;
    const answers = joinedAnswers(attachment, view, standing.want.joins);
    standing.want = answered(standing.want, view.state.offset);
    attachment.receiver.reply(answers);
  }

  #camerasFor({ receiver: { connection, dialect } }: Attachment, thing: string): string[] {
    const { signals, view } = this.#options;
    const cameras = signals.camerasOn(thing, view.state.viewers.get(thing), connection.id);
    return renderDirect(dialect, { type: 'viewerCameras', thing, cameras }, view);
  }

  #enterAudience(attachment: Attachment, { from, heard, since, isFirst }: Serving): Audience {
    const audience = this.audiences.enter(attachment.receiver.dialect, attachment.things);
    // One set for all of them.
    attachment.things = audience.things;
    attachment.receiver.connection.subscribe(audience.topic);
    attachment.standing = { kind: 'live', audience, from, heard, since, isFirst };
    return audience;
  }

  #wait(attachment: Attachment, asked: Want): void {
    const { receiver, standing } = attachment;
    this.#leave(attachment);
    const want = surely(again(asked, standing, this.told), receiver, this.#options.view);
    if (standing.kind !== 'waiting') this.#waiting.push(attachment);
    attachment.standing = waitingFor(want, standing);
  }

  #leave({ standing, receiver }: Attachment): void {
    if (standing.kind !== 'live') return;
    receiver.connection.unsubscribe(standing.audience.topic);
    this.audiences.leave(standing.audience);
    receiver.sent.note(this.#options.view.roomId, this.place);
  }
}
