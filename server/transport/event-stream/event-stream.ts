import { type CloseAdvice, type CloseName, closes, type ErrorCode } from '../../../protocol/index.ts';
import {
  CLOSE,
  encodeStreamEvent,
  isAnswer,
  isLast,
  type StreamAnswer,
} from '../../dialect/framings/event-stream.ts';
import { CLOSE_ABNORMAL, CLOSE_NORMAL } from '../close-frame.ts';
import type {
  Connection,
  ConnectionHandler,
  Frame,
  HttpOutput,
  HttpStream,
  SendResult,
} from '../connection.ts';
import type { DropReports } from '../drop-reports.ts';
import { payloadOf } from '../frame.ts';
import type { Topics } from '../topics.ts';
import { Questions } from './questions.ts';
import { refusal, refusalFor } from './refusals.ts';

export interface EventStreamParts {
  readonly id: string;
  /** There is no stream: the client only posts. */
  readonly isSilent: boolean;
  readonly handler: ConnectionHandler;
  readonly topics: Topics<EventStream>;
  readonly drops: DropReports;
  readonly maxBufferedBytes: number;
  readonly maxMessageBytes: number;
  /** What the stream begins with. */
  readonly head: string;
  /** Called once, before the handler hears of it. */
  readonly ended: (stream: EventStream) => void;
}

/**
 * - `arriving`: whether the client may join is not yet known, or its response has not begun; what it is sent waits;
 * - `open`: what it is sent is written;
 * - `silent`: there is no stream, the client only posts; what it is sent goes nowhere;
 * - `ended`.
 */
type Phase =
  | { readonly name: 'arriving'; readonly waiting: (string | Uint8Array)[]; bytes: number }
  | { readonly name: 'open'; readonly output: HttpOutput }
  | { readonly name: 'silent' | 'ended' };

const none = { code: 'OVERLOADED' } as const;

/**
 * A client of HTTP as a connection: its event stream, if there is one, and its posts, which are to the layer
 * above what frames of a WebSocket are. An answer to a post is no part of the stream.
 */
export class EventStream implements Connection, HttpStream {
  readonly id: string;
  state: unknown = undefined;
  readonly #parts: EventStreamParts;
  #phase: Phase;
  /** A frame had to wait, or was dropped, since the last `drained`. */
  #isBehind = false;
  /** Most streams are only read: they need none. */
  #questions: Questions | undefined;
  /** Why it has ended, for those who ask. */
  #why: { code: ErrorCode } & CloseAdvice = none;

  constructor(parts: EventStreamParts) {
    this.id = parts.id;
    this.#parts = parts;
    this.#phase = parts.isSilent ? { name: 'silent' } : { name: 'arriving', waiting: [], bytes: 0 };
  }

  /** Nobody would miss it: there is no stream, and no post waits for its answer. */
  get isIdle(): boolean {
    return this.#phase.name === 'silent' && this.#questions?.isEmpty !== false;
  }

  get isEnded(): boolean {
    return this.#phase.name === 'ended';
  }

  /**
   * Hands a command to the layer above; resolves with its answer, whatever becomes of the stream. Undefined: the stream
   * has ended before that, and the command may be done all the same.
   */
  ask(command: object): Promise<StreamAnswer | undefined> {
    if (this.isEnded) return Promise.resolve(this.refusal());
    const limit = this.#parts.maxMessageBytes;
    this.#questions ??= new Questions();
    return this.#questions.ask((ref) => {
      const message = Buffer.from(JSON.stringify({ ...command, ref }));
      // The layer above would not read it, and so not know whom to tell.
      if (message.length > limit)
        this.#questions?.answered({ ...refusal('MESSAGE_TOO_LARGE', { limit }), ref });
      else this.#parts.handler.received(this, message, false);
    });
  }

  /** What there is to say to a command once the stream has ended. */
  refusal(): StreamAnswer {
    const { code, ...advice } = this.#why;
    return refusal(code, advice);
  }

  /** Hands a message to the layer above, which may answer on the stream. */
  received(message: Uint8Array): void {
    if (!this.isEnded) this.#parts.handler.received(this, message, false);
  }

  // --- The connection, for the layer above

  send(frame: Frame): SendResult {
    if (this.isEnded) return 'dropped';
    const payload = payloadOf(frame);
    if (typeof payload === 'string' && isAnswer(payload)) {
      this.#questions?.answered(JSON.parse(payload));
      return 'sent';
    }
    // A published frame that was lost has to be reported before anything else is accepted.
    if (this.#isOver() || this.#parts.drops.has(this)) {
      this.#isBehind = true;
      return 'dropped';
    }
    const result = this.#write(payload);
    if (typeof payload === 'string' && isLast(payload)) this.leave();
    return result;
  }

  /** @param frame as it is written, and as bytes for a report; the same for all receivers */
  publish(frame: Uint8Array): void {
    if (!this.isEnded && this.send(frame) === 'dropped') this.#parts.drops.add(this, frame);
  }

  cork(action: () => void): void {
    action();
  }

  subscribe(topic: string): void {
    const { name } = this.#phase;
    // To who only posts nothing is ever published.
    if (name === 'arriving' || name === 'open') this.#parts.topics.subscribe(this, topic);
  }

  unsubscribe(topic: string): void {
    this.#parts.topics.unsubscribe(this, topic);
  }

  bufferedBytes(): number {
    const phase = this.#phase;
    if (phase.name === 'arriving') return phase.bytes;
    return phase.name === 'open' ? phase.output.bufferedBytes() : 0;
  }

  /** The last event tells why, and when to come back; a client that arrives is refused instead. */
  close(code: number, reason: string): void {
    if (this.isEnded) return;
    const { code: name, retryAfterMs } = JSON.parse(reason) as { code: CloseName } & CloseAdvice;
    const { text, reconnect } = closes[name];
    const advice = retryAfterMs === undefined ? {} : { retryAfterMs };
    this.#why = { code: refusalFor[name] ?? 'OVERLOADED', ...advice };
    const data = { code: name, message: text, reconnect, ...advice };
    const isOver = this.#isOver();
    if (!isOver) this.#write(encodeStreamEvent({ event: CLOSE, data }, retryAfterMs));
    const output = this.#end(code, false);
    if (isOver) output?.destroy();
    else output?.end();
  }

  terminate(): void {
    this.#end(CLOSE_ABNORMAL, false)?.destroy();
  }

  /** The client is done, or was never let in. */
  leave(): void {
    this.#end(CLOSE_NORMAL, true)?.end();
  }

  /** Between two events, where it would not make a slow client slower. */
  beat(frame: Uint8Array): void {
    if (this.#phase.name === 'open' && !this.#isBehind) this.#write(frame);
  }

  // --- The response

  opened(output: HttpOutput): void {
    const phase = this.#phase;
    if (phase.name !== 'arriving') {
      output.end();
      return;
    }
    this.#phase = { name: 'open', output };
    // Whatever is behind it, clients get the head at once.
    output.write(this.#parts.head);
    for (const frame of phase.waiting) this.#write(frame);
    if (this.#isBehind && output.bufferedBytes() === 0) this.drained();
  }

  drained(): void {
    if (this.isEnded || !this.#isBehind) return;
    this.#isBehind = false;
    this.#parts.drops.flush(this);
    if (!this.isEnded) this.#parts.handler.drained(this);
  }

  /** The client has gone; it may come back. */
  closed(): void {
    this.#end(CLOSE_ABNORMAL, false);
  }

  #write(payload: string | Uint8Array): SendResult {
    const phase = this.#phase;
    if (phase.name === 'arriving') {
      phase.waiting.push(payload);
      phase.bytes += payload.length;
      return 'sent';
    }
    if (phase.name !== 'open' || phase.output.write(payload)) return 'sent';
    this.#isBehind = true;
    return 'buffered';
  }

  #isOver(): boolean {
    return this.bufferedBytes() > this.#parts.maxBufferedBytes;
  }

  /** Returns what is still to be ended, which may tell at once that it is. */
  #end(code: number, clean: boolean): HttpOutput | undefined {
    if (this.isEnded) return undefined;
    const output = this.#phase.name === 'open' ? this.#phase.output : undefined;
    this.#phase = { name: 'ended' };
    const { topics, drops, ended, handler } = this.#parts;
    this.#questions?.end(this.refusal());
    topics.unsubscribeAll(this);
    drops.forget(this);
    ended(this);
    handler.closed(this, code, clean);
    return output;
  }
}
