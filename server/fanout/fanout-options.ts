import type { RoomView, SignalEvent } from '../dialect/events.ts';
import type { Connection, TextFrame } from '../transport/connection.ts';
import type { Encodings } from './encodings.ts';
import type { Flushes } from './flushes.ts';
import type { Signals } from './signals.ts';
import type { Ticker } from './ticker.ts';

/** What a room's fan-out is given. */
export interface FanoutOptions {
  publish(topic: string, frame: TextFrame, except?: Connection): void;
  ticker: Ticker;
  /** A message of this type was rendered for the room or for a connection. */
  onSent(type: string): void;
  onFlush(durationMs: number): void;
  monotonic(): number;
  /** Gets the signals of each flush before they are shown. */
  onSignals?(signals: readonly SignalEvent[]): void;
}

/** What attachments of a room are served from. */
export interface AttachmentsOptions {
  readonly view: RoomView;
  readonly signals: Signals;
  readonly encodings: Encodings;
  readonly flushes: Flushes;
  /** Asks for a flush. */
  request(): void;
}
