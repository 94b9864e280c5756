import { encodePayload } from '../../dialect/framings/engine-io-payload.ts';
import type { Frame, SendResult } from '../connection.ts';
import type { Topics } from '../topics.ts';
import { CLOSE, NOOP, type OutboundPacket, outboundPacket } from './packet.ts';

/**
 * - `open`: polls wait until there is something;
 * - `releasing`: an upgrade is near, so polls do not wait any more;
 * - `closing`: what is buffered is still to be fetched, and then a close packet;
 * - `over`: the poll that is held, if there is one, is answered by `last`; `undefined`: by an error.
 */
type Phase =
  | { readonly name: 'open' | 'releasing' | 'closing' }
  | { readonly name: 'over'; readonly last: string | undefined };

export interface PollingEvents {
  /** A poll has made the buffer smaller, after a frame had to wait or was dropped. */
  drained(): void;
  /** A published packet did not fit. Called amid the publish. */
  lost(packet: OutboundPacket): void;
  /** The close packet was fetched. */
  farewellTaken(): void;
}

export interface PollingParts {
  /** Those of all sessions over long-polling. */
  readonly topics: Topics<Polling>;
  readonly maxBufferedBytes: number;
  /** Packets that the client takes at once. */
  readonly maxPackets: number;
  readonly events: PollingEvents;
}

/** The outbound half of a session over long-polling: a buffer that requests take away. */
export class Polling {
  readonly #parts: PollingParts;
  #packets: OutboundPacket[] = [];
  #bufferedBytes = 0;
  #isBehind = false;
  #phase: Phase = { name: 'open' };
  /** Wakes the poll that is held. It takes what is there when the current turn has ended, all at once. */
  #wake: (() => void) | undefined;

  constructor(parts: PollingParts) {
    this.#parts = parts;
  }

  /** Whether a poll waits for its answer. */
  get isHeld(): boolean {
    return this.#wake !== undefined;
  }

  /** Whether polls still get something: the session is open, or on its way to close. */
  get isServed(): boolean {
    return this.#phase.name !== 'over';
  }

  send(frame: Frame): SendResult {
    return this.#push(outboundPacket(frame));
  }

  #push(packet: OutboundPacket): SendResult {
    const { name } = this.#phase;
    if (name === 'over' || name === 'closing') return 'dropped';
    if (this.#bufferedBytes > this.#parts.maxBufferedBytes) {
      this.#isBehind = true;
      return 'dropped';
    }
    this.#packets.push(packet);
    this.#bufferedBytes += packet.bytes;
    this.#wake?.();
    if (this.isHeld && this.#packets.length <= this.#parts.maxPackets) return 'sent';
    this.#isBehind = true;
    return 'buffered';
  }

  publish(packet: OutboundPacket): void {
    if (this.#push(packet) === 'dropped') this.#parts.events.lost(packet);
  }

  cork(action: () => void): void {
    action();
  }

  subscribe(topic: string): void {
    this.#parts.topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#parts.topics.unsubscribe(this, topic);
  }

  bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** The next payload; `undefined`: the session was broken off. Not to be called while a poll is held. */
  poll(): string | undefined | Promise<string | undefined> {
    if (this.#packets.length > 0 || this.#phase.name !== 'open') return this.#take();
    return new Promise<void>((resolve) => {
      this.#wake = resolve;
    }).then(() => this.#take());
  }

  /** Whether polls are answered at once. The client is about to pause them, and waits for the last one. */
  release(isReleasing: boolean): void {
    if (this.#phase.name !== 'open' && this.#phase.name !== 'releasing') return;
    this.#phase = { name: isReleasing ? 'releasing' : 'open' };
    if (isReleasing) this.#wake?.();
  }

  /** The poll that is held does not wait any more. */
  hurry(): void {
    this.#wake?.();
  }

  /**
   * Nothing more is accepted. The close packet comes by itself, after what is buffered: the official client ends at
   * it before its application has heard what came in the same payload, which a recovery would then bring again.
   */
  close(): void {
    this.#parts.topics.unsubscribeAll(this);
    if (this.#phase.name === 'over' || this.#phase.name === 'closing') return;
    this.#phase = { name: 'closing' };
    this.#wake?.();
  }

  /** As {@link end}; a poll that is held fails. */
  terminate(): void {
    this.#finish(undefined);
  }

  /**
   * The end, for clients that shall come back. A close packet alone is a goodbye to those that take few packets at
   * once, after which they stay away; too many are a connection that broke.
   */
  get farewell(): string {
    const { maxPackets } = this.#parts;
    if (maxPackets === Number.POSITIVE_INFINITY) return CLOSE;
    return encodePayload([CLOSE, ...Array<string>(maxPackets).fill(NOOP)]);
  }

  /** Drops what is buffered. @param last what a poll that is held is answered with */
  end(last: string): void {
    this.#finish(last);
  }

  /** Hands over everything that was not fetched, and the topics. Whoever waits for `drained` still does. */
  moveOut(): { packets: OutboundPacket[]; topics: string[]; isBehind: boolean } {
    const packets = this.#packets;
    const topics = [...this.#parts.topics.topicsOf(this)];
    const isBehind = this.#isBehind;
    this.#finish(NOOP);
    return { packets, topics, isBehind };
  }

  #finish(last: string | undefined): void {
    this.#parts.topics.unsubscribeAll(this);
    this.#packets = [];
    this.#bufferedBytes = 0;
    if (this.#phase.name !== 'over') this.#phase = { name: 'over', last };
    this.#wake?.();
  }

  #take(): string | undefined {
    this.#wake = undefined;
    if (this.#phase.name === 'over') return this.#phase.last;
    const isClosing = this.#phase.name === 'closing';
    if (isClosing && this.#packets.length === 0) {
      this.#parts.events.farewellTaken();
      return this.farewell;
    }
    const taken = this.#packets.splice(0, this.#parts.maxPackets);
    for (const { bytes } of taken) this.#bufferedBytes -= bytes;
    if (!isClosing && this.#isBehind && taken.length > 0) {
      this.#isBehind = this.#bufferedBytes > 0;
      this.#parts.events.drained();
    }
    if (taken.length === 0) return NOOP;
    return encodePayload(taken.map(({ frame }) => (typeof frame === 'string' ? frame : frame.binary)));
  }
}
