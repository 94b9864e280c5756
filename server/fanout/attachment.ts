import type { Ref } from '../dialect/events.ts';
import type { Audience } from './audience.ts';
import type { Claimed, Place } from './position.ts';
import type { Receiver } from './receiver.ts';

/** Of most rooms nobody views anything: one set serves all of them. */
export const nothing: ReadonlySet<string> = new Set();

/** A receiver's place in a room. */
export interface Attachment {
  readonly receiver: Receiver;
  readonly userId: string;
  /** What it views. */
  things: ReadonlySet<string>;
  standing: Standing;
}

/** How a receiver became live: where it was brought to, with which flush, and whether for the first time. */
export interface Begun {
  readonly from: Place;
  readonly since: number;
  readonly isFirst: boolean;
}

/**
 * How a receiver stands to the room: it waits to be brought up to date, is live, or is paused as lagging. One that is
 * held gets nothing until what is kept of its join is durable.
 */
export type Standing =
  | { kind: 'waiting'; want: Want; replies: string[]; isHeld: boolean }
  | ({ kind: 'live'; audience: Audience } & Begun)
  | ({ kind: 'paused'; place: Place | undefined } & Begun);

/** What a receiver waits for. */
export interface Want {
  /** Joins that are to be answered. */
  joins: readonly { ref: Ref | undefined }[];
  /** The whole state also of an empty room. */
  scene: boolean;
  since: Claimed | undefined;
  /** Where a lagging receiver was lost. */
  place?: Place | undefined;
  /** Comes back as if it had never been away: nobody is told, and its own doings under these ids are not
   * repeated. */
  recovers?: readonly string[];
  /** It was there without a break, as far as its client knows: it lagged, or the room was lost to this node. */
  resync?: boolean;
}

/** Waits for `want`, and for the answers to joins that it waited for already. */
export function waitingFor(want: Want, before?: Standing): Standing & { kind: 'waiting' } {
  if (before?.kind !== 'waiting') return { kind: 'waiting', want, replies: [], isHeld: false };
  return {
    ...before,
    want: { ...want, joins: [...before.want.joins, ...want.joins] },
  };
}
