import type { SignalEvent } from '../dialect/events.ts';
import type { Connection, TextFrame } from '../transport/connection.ts';
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
