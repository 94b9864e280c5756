import type { Clock } from '../clock.ts';
import type { Dialect } from '../dialect/dialect.ts';
import { SmallMap } from '../small-map.ts';
import type { Connection, TextFrame } from '../transport/connection.ts';
import type { Told } from './position.ts';
import { Sent } from './sent.ts';

/** A room as a receiver sees it. */
export interface Feed {
  /** The sequence number of a frame of the last flush; undefined if it is none of them. */
  findFrame(bytes: Uint8Array): number | undefined;
  /** What a receiver has of the room if it got all published frames before this one; undefined: unknown. */
  toldBefore(sequence: number): Told | undefined;
  /** Takes the receiver out of the room's traffic. */
  pause(receiver: Receiver, told: Told | undefined): void;
  /** Brings the receiver up to date and back into the room's traffic. */
  resume(receiver: Receiver): void;
  /** Sends replies that belong behind what a receiver is to be told first. */
  reply(receiver: Receiver, encoded: readonly string[]): void;
}

export interface ReceiverOptions {
  clock: Clock;
  maxHeldBytes: number;
  maxBufferedBytes: number;
  drainTimeoutMs: number;
  onLagging(receiver: Receiver): void;
  onResynced(): void;
  onFrame(bytes: number): void;
  /** The receiver cannot be helped: it has to be closed. */
  onHopeless(receiver: Receiver, why: 'SLOW_CONSUMER' | 'MISSED_TOO_MUCH'): void;
}

/** An encoded reply, and the room behind whose events it belongs, if any. */
interface Held {
  readonly encoded: string;
  behind: string | undefined;
}

/**
 * The outbound side of a connection. It is either live, or lagging: over the bound of its buffer. A lagging
 * one gets nothing of its rooms; replies to its own commands are held for it, within a bound, unless they are no
 * part of what it carries. Once it has drained it is brought up to date from where each room was lost to it.
 */
export class Receiver {
  readonly connection: Connection;
  readonly dialect: Dialect;
  readonly feeds = new SmallMap<string, Feed>();
  readonly sent = new Sent();
  readonly #options: ReceiverOptions;
  #ended = false;
  #lag: { since: number; held: Held[]; heldBytes: number; lostFrom: number } | undefined;

  constructor(connection: Connection, dialect: Dialect, options: ReceiverOptions) {
    this.connection = connection;
    this.dialect = dialect;
    this.#options = options;
  }

  get lagging(): boolean {
    return this.#lag !== undefined;
  }

  /**
   * Sends encoded messages to this connection alone.
   *
   * @param behind the room that they answer: where answers come in order, they are held until it has been resumed
   */
  reply(encoded: readonly string[], behind?: string): void {
    const { isApart } = this.dialect.framing;
    if (isApart === undefined) return this.#hold(this.#send(encoded), behind);
    for (const one of encoded) if (isApart(one)) this.#sendApart(one);
    this.#hold(this.#send(encoded.filter((one) => !isApart(one))), behind);
  }

  /**
   * Sends encoded messages that can be made anew: nothing is held.
   *
   * @returns how many were accepted
   */
  tell(encoded: readonly string[]): number {
    return encoded.length - this.#send(encoded).length;
  }

  /**
   * Sends finished frames.
   *
   * @returns how many were accepted; if not all, the receiver is lagging
   */
  sendFrames(frames: readonly TextFrame[]): number {
    if (this.#lag !== undefined || this.#ended) return 0;
    let sent = 0;
    const sendAll = () => {
      for (const frame of frames) {
        if (this.connection.send(frame) === 'dropped') return;
        this.#options.onFrame(frame.length);
        sent += 1;
      }
    };
    if (frames.length > 1) this.connection.cork(sendAll);
    else sendAll();
    // What was published before may still be lost, too; if so, that is reported after this.
    if (sent < frames.length) this.#fallBehind(Number.POSITIVE_INFINITY);
    return sent;
  }

  /** Whether encoded messages fit beside what is buffered. */
  hasRoomFor(encoded: readonly string[]): boolean {
    // A frame is accepted while what is there before it is within the bound.
    const before = this.dialect.framing.batches ? [] : encoded.slice(0, -1);
    const bytes = before.reduce((sum, one) => sum + Buffer.byteLength(one), this.connection.bufferedBytes());
    return bytes <= this.#options.maxBufferedBytes;
  }

  /** Nothing is sent before the buffer has drained. */
  waitForDrain(): void {
    this.#fallBehind(Number.POSITIVE_INFINITY);
  }

  /** A published frame did not fit. */
  frameDropped(bytes: Uint8Array): void {
    for (const feed of this.feeds.values()) {
      const sequence = feed.findFrame(bytes);
      if (sequence !== undefined) return this.#fallBehind(sequence);
    }
    // Not one of the latest frames: the rooms' whole state makes up for whatever it was.
    this.#fallBehind(Number.NEGATIVE_INFINITY);
  }

  /** The buffer has become smaller. */
  drained(): void {
    if (this.#lag === undefined || this.connection.bufferedBytes() > 0) return;
    const { held } = this.#lag;
    this.#lag = undefined;
    this.#options.onResynced();
    this.reply(held.filter(({ behind }) => behind === undefined).map(({ encoded }) => encoded));
    for (const feed of this.feeds.values()) feed.resume(this);
    for (const { encoded, behind } of held) {
      if (behind !== undefined) this.feeds.get(behind)?.reply(this, [encoded]);
    }
  }

  /** Is no longer in a room: what belonged behind its events comes as soon as it can. */
  left(roomId: string): void {
    this.feeds.delete(roomId);
    for (const one of this.#lag?.held ?? []) if (one.behind === roomId) one.behind = undefined;
  }

  /** The connection has closed. */
  ended(): void {
    this.#ended = true;
    this.feeds.clear();
  }

  /** Gives up on a receiver that has not drained in time. */
  checkDrain(): void {
    if (this.#lag === undefined || this.#ended) return;
    const lagged = this.#options.clock.monotonic() - this.#lag.since;
    if (lagged > this.#options.drainTimeoutMs) this.#giveUp('SLOW_CONSUMER');
    else this.drained();
  }

  /** Gives up on a receiver that cannot be told what it missed: it has to begin anew. */
  leaveBehind(): void {
    if (!this.#ended) this.#giveUp('MISSED_TOO_MUCH');
  }

  #giveUp(why: 'SLOW_CONSUMER' | 'MISSED_TOO_MUCH'): void {
    this.#ended = true;
    this.#options.onHopeless(this, why);
  }

  /** @param lostFrom the published frame from which on nothing arrives */
  #fallBehind(lostFrom: number): void {
    if (this.#ended || (this.#lag !== undefined && lostFrom >= this.#lag.lostFrom)) return;
    const isNew = this.#lag === undefined;
    if (this.#lag === undefined) {
      this.#lag = { since: this.#options.clock.monotonic(), held: [], heldBytes: 0, lostFrom };
    }
    this.#lag.lostFrom = lostFrom;
    for (const feed of this.feeds.values()) feed.pause(this, feed.toldBefore(lostFrom));
    if (isNew) this.#options.onLagging(this);
  }

  #sendApart(encoded: string): void {
    if (this.#ended || this.connection.send(encoded) === 'dropped') return;
    this.#options.onFrame(encoded.length);
  }

  /** Returns what was not accepted. */
  #send(encoded: readonly string[]): readonly string[] {
    if (encoded.length === 0 || this.#ended) return [];
    const { framing } = this.dialect;
    const sent = this.sendFrames(framing.frames(encoded));
    if (framing.batches) return sent === 0 ? encoded : [];
    return encoded.slice(sent);
  }

  #hold(encoded: readonly string[], roomId?: string): void {
    const lag = this.#lag;
    if (lag === undefined || encoded.length === 0) return;
    const isInOrder = this.dialect.vocabulary.answersInOrder === true;
    const behind = isInOrder && this.feeds.has(roomId ?? '') ? roomId : undefined;
    for (const one of encoded) lag.held.push({ encoded: one, behind });
    lag.heldBytes += encoded.reduce((sum, one) => sum + one.length, 0);
    if (lag.heldBytes > this.#options.maxHeldBytes && !this.#ended) this.#giveUp('SLOW_CONSUMER');
  }
}
