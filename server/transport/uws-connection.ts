import type { WebSocket } from 'uWebSockets.js';
import { fittingReason } from './close-frame.ts';
import type { Connection, Frame, Handshake, SendResult } from './connection.ts';
import { isBinaryFrame, payloadOf } from './frame.ts';
import type { HeldBack } from './uws-held-back.ts';
import type { UwsLosses } from './uws-losses.ts';

/** What µWS keeps with a socket. */
export interface Slot {
  readonly connection: UwsConnection;
  /** Until the connection has opened. */
  handshake: Handshake | undefined;
}

/** What the connections of a transport have in common. */
export interface UwsConnectionParts {
  readonly maxBufferedBytes: number;
  readonly heldBack: HeldBack;
  readonly losses: UwsLosses;
}

/** µWS's answer to a send whose bytes all went to the operating system. */
const SENT = 1;
const DROPPED = 2;

/** A connection on µWS, which throws when a closed socket is touched: the socket is let go of before that. */
export class UwsConnection implements Connection {
  readonly id: string;
  state: unknown = undefined;
  readonly #parts: UwsConnectionParts;
  #socket: WebSocket<Slot> | undefined;
  #closedWith: number | undefined;
  #topics = 0;
  /** The number of the published frame through which µWS has handed over all. */
  #handedOver = 0;
  /** What was published since on topics that it has left. */
  #leftBytes = 0;

  constructor(id: string, parts: UwsConnectionParts) {
    this.id = id;
    this.#parts = parts;
  }

  /** The code that this side closed with, if it did. */
  get closedWith(): number | undefined {
    return this.#closedWith;
  }

  attach(socket: WebSocket<Slot>): void {
    this.#socket = socket;
  }

  detach(): void {
    this.#socket = undefined;
  }

  send(frame: Frame): SendResult {
    // µWS compares likewise, but would also call its `dropped`, which is for published frames.
    if (this.#socket === undefined || this.isOver()) return 'dropped';
    // It compares before it hands over what was published: a frame would overtake those that do not fit.
    // One ping for all of that: peers take many of them for an attack.
    if (this.#mayGetOver(this.#socket)) this.#socket.ping();
    this.#handedOver = this.#parts.heldBack.published;
    this.#leftBytes = 0;
    if (this.#parts.losses.has(this)) return 'dropped';
    const result = this.#socket.send(payloadOf(frame), isBinaryFrame(frame), false);
    if (result === DROPPED) return 'dropped';
    if (result === SENT) return 'sent';
    if (this.isOver()) this.#parts.losses.filled(this);
    return 'buffered';
  }

  cork(action: () => void): void {
    if (this.#socket === undefined) action();
    else this.#socket.cork(action);
  }

  subscribe(topic: string): void {
    if (this.#socket === undefined || this.#socket.isSubscribed(topic)) return;
    this.#socket.subscribe(topic);
    this.#topics += 1;
  }

  unsubscribe(topic: string): void {
    if (!this.#socket?.unsubscribe(topic)) return;
    this.#topics -= 1;
    this.#leftBytes += this.#parts.heldBack.bytesOn(topic, this.#handedOver);
  }

  bufferedBytes(): number {
    return this.#socket?.getBufferedAmount() ?? 0;
  }

  /** Whether nothing more is accepted. */
  isOver(): boolean {
    return this.bufferedBytes() > this.#parts.maxBufferedBytes;
  }

  /** Whether it is subscribed to anything. */
  get hears(): boolean {
    return this.#topics > 0;
  }

  isSubscribed(topic: string): boolean {
    return this.#socket?.isSubscribed(topic) === true;
  }

  /** Does not hear what is published until it comes back, in the same turn. False: it is not subscribed. */
  leave(topic: string): boolean {
    return this.#socket?.unsubscribe(topic) === true;
  }

  comeBack(topic: string): void {
    this.#socket?.subscribe(topic);
  }

  close(code: number, reason: string): void {
    if (this.#socket === undefined || this.#closedWith !== undefined) return;
    this.#closedWith = code;
    // A close frame over the bound would be dropped, and what is buffered be kept for nobody.
    if (this.isOver()) this.#socket.close();
    else this.#socket.end(code, fittingReason(reason));
  }

  terminate(): void {
    this.#socket?.close();
  }

  /**
   * Publishes to every subscriber but this one. False where this subscribes to nothing: for such a socket µWS
   * would publish to nobody.
   */
  publishToOthers(topic: string, frame: Frame): boolean {
    if (this.#socket === undefined || this.#topics === 0) return false;
    this.#socket.publish(topic, payloadOf(frame), isBinaryFrame(frame), false);
    return true;
  }

  #mayGetOver(socket: WebSocket<Slot>): boolean {
    const { heldBack, maxBufferedBytes } = this.#parts;
    if (heldBack.bytes === 0) return false;
    const left = maxBufferedBytes - socket.getBufferedAmount();
    if (heldBack.bytes <= left) return false;
    const bytesOn = (topic: string) => heldBack.bytesOn(topic, this.#handedOver);
    return socket.getTopics().reduce((sum, topic) => sum + bytesOn(topic), this.#leftBytes) > left;
  }
}
