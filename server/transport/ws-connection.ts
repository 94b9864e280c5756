import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { CLOSE_TOO_BIG } from '../../protocol/closes.ts';
import { CLOSE_ABNORMAL, fittingReason, isGoodbye } from './close-frame.ts';
import type { Connection, Frame, SendResult } from './connection.ts';
import { isBinaryFrame, payloadOf } from './frame.ts';
import type { Topics } from './topics.ts';

/** What a connection tells the transport that holds it. */
export interface WsConnectionEvents {
  received(connection: WsConnection, bytes: Uint8Array, isBinary: boolean): void;
  drained(connection: WsConnection): void;
  closed(connection: WsConnection, code: number, clean: boolean): void;
}

export interface WsConnectionParts {
  readonly id: string;
  readonly socket: WebSocket;
  /** What the socket writes to. */
  readonly stream: Duplex;
  readonly maxBufferedBytes: number;
  readonly topics: Topics<WsConnection>;
  readonly events: WsConnectionEvents;
}

/** Intervals without a sign of life after which a peer is taken for gone. */
const MAX_SILENT_INTERVALS = 3;

/** A connection on the `ws` package. */
export class WsConnection implements Connection {
  readonly id: string;
  state: unknown = undefined;
  readonly #parts: WsConnectionParts;
  #ended = false;
  #behind = false;
  #corked = false;
  #silentIntervals = 0;

  constructor(parts: WsConnectionParts) {
    this.id = parts.id;
    this.#parts = parts;
    const { socket, events } = parts;
    socket.on('message', (data, isBinary) => {
      this.#silentIntervals = 0;
      if (!this.#ended) events.received(this, data as Buffer, isBinary);
    });
    socket.on('ping', (data) => {
      this.#silentIntervals = 0;
      // By hand: pongs to a peer that pings without reading would pile up beyond the bound.
      if (!this.#ended && !this.#isOver()) socket.pong(data, false, this.#written);
    });
    socket.on('pong', () => {
      this.#silentIntervals = 0;
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const tooBig = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
      this.#end(tooBig ? CLOSE_TOO_BIG : CLOSE_ABNORMAL, false);
    });
    socket.on('close', (code) => this.#end(code, isGoodbye(code)));
  }

  send(frame: Frame): SendResult {
    const { socket } = this.#parts;
    if (this.#ended || socket.readyState !== socket.OPEN) return 'dropped';
    if (this.#isOver()) {
      this.#behind = true;
      return 'dropped';
    }
    socket.send(payloadOf(frame), { binary: isBinaryFrame(frame), compress: false }, this.#written);
    // Within a cork everything waits; that says nothing of the peer.
    if (!this.#corked) this.#behind = socket.bufferedAmount > 0;
    return this.#behind ? 'buffered' : 'sent';
  }

  cork(action: () => void): void {
    if (this.#ended || this.#corked) {
      action();
      return;
    }
    const { socket, stream } = this.#parts;
    this.#corked = true;
    stream.cork();
    try {
      action();
    } finally {
      stream.uncork();
      this.#corked = false;
      // What was dropped within is waited for, even if all the rest went out at once.
      this.#behind ||= socket.bufferedAmount > 0;
    }
  }

  subscribe(topic: string): void {
    if (!this.#ended) this.#parts.topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#parts.topics.unsubscribe(this, topic);
  }

  bufferedBytes(): number {
    return this.#ended ? 0 : this.#parts.socket.bufferedAmount;
  }

  close(code: number, reason: string): void {
    if (this.#ended) return;
    if (this.#isOver()) this.#parts.socket.terminate();
    else this.#parts.socket.close(code, fittingReason(reason));
    this.#end(code, false);
  }

  terminate(): void {
    if (this.#ended) return;
    this.#parts.socket.terminate();
    this.#end(CLOSE_ABNORMAL, false);
  }

  /** Called at even intervals: pings a peer that was silent, and ends one that stays so. */
  checkAlive(): void {
    this.#silentIntervals += 1;
    if (this.#silentIntervals > MAX_SILENT_INTERVALS) this.terminate();
    else if (this.#silentIntervals > 1 && !this.#isOver()) this.#parts.socket.ping('', false, this.#written);
  }

  #isOver(): boolean {
    return this.#parts.socket.bufferedAmount > this.#parts.maxBufferedBytes;
  }

  /** Called for every frame that has left; `ws` has no event of its own for that. */
  readonly #written = (): void => {
    if (this.#ended || !this.#behind) return;
    this.#behind = this.#parts.socket.bufferedAmount > 0;
    this.#parts.events.drained(this);
  };

  #end(code: number, clean: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#parts.topics.unsubscribeAll(this);
    this.#parts.events.closed(this, code, clean);
  }
}
