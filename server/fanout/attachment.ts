import type { Ref, RoomView } from '../dialect/events.ts';
import type { Place } from '../room/place.ts';
import type { Audience } from './audience.ts';
import type { Step } from './catch-up.ts';
import { type Claimed, earlier, isThrough, placeFrom, type Told } from './position.ts';
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

/** The same, with the offset through which it was told who is there. */
export type Serving = Begun & Pick<Told, 'heard'>;

/**
 * How a receiver stands to the room: it waits to be brought up to date, is live, or is paused as lagging. One that is
 * held gets nothing until what is kept of its join is durable.
 */
export type Standing =
  | Waits
  | ({ kind: 'live'; audience: Audience } & Serving)
  | ({ kind: 'paused'; lost: Told | undefined } & Serving);

/** It waits: for what, and the replies that come behind that. */
export interface Waits {
  readonly kind: 'waiting';
  want: Want;
  replies: string[];
  isHeld: boolean;
}

/** What a receiver waits for. */
export interface Want {
  /** Joins that are to be answered. */
  joins: readonly { ref: Ref | undefined }[];
  /** The whole state also of an empty room. */
  scene: boolean;
  since: Claimed | undefined;
  /** Where the room stood when it joined: in a vocabulary without a word for the whole state it goes on from there. */
  joined?: Place;
  /** Where a lagging receiver was lost, or how far another one was brought before it was. */
  place?: Place | undefined;
  /** Of the event that leads to the place, what has not been told. */
  rest?: readonly Step[];
  /** The offset through which it was told who came and went, where that is beyond the place. */
  heard?: number;
  /** Comes back as if it had never been away: nobody is told, and its own doings under these ids are not
   * repeated. */
  recovers?: readonly string[];
  /** It was there without a break, as far as its client knows: it lagged, or the room was lost to this node. */
  resync?: boolean;
  /** It joined again: the whole state follows also where what it missed leads there. */
  anew?: boolean;
  /** It joined again, from a place that it named: what is its own since then comes, too. */
  withOwn?: boolean;
}

/** Waits for `want`, and for the answers to joins that it waited for already. */
export function waitingFor(want: Want, before?: Standing): Waits {
  if (before?.kind !== 'waiting') return { kind: 'waiting', want, replies: [], isHeld: false };
  return {
    ...before,
    want: { ...want, joins: [...before.want.joins, ...want.joins] },
  };
}

/** One joins again that is served, or waits for it: what it is to be told of until then stays due. */
export function again(want: Want, standing: Standing, told: Told): Want {
  if (want.resync === true) return want;
  if (want.since !== undefined) return { ...want, withOwn: true };
  const { joins } = want;
  switch (standing.kind) {
    case 'waiting':
      return { ...standing.want, joins, scene: want.scene || standing.want.scene, anew: true };
    case 'paused':
      return { ...want, ...standing.lost, resync: true, anew: true };
    case 'live':
      return { ...want, ...told, resync: true, anew: true };
  }
}

/** A loss from before it waited may be found out later. */
export function lostSince(lost: Told | undefined, want: Want): Want {
  const { place, heard = place?.offset, rest, ...others } = want;
  if (place === undefined || heard === undefined) return want;
  const isDue = rest !== undefined && isThrough(lost?.place, place);
  return { ...others, ...(isDue ? { rest } : {}), ...earlier(lost, { place, heard }) };
}

/** Of what is on its way to a client beyond the place that it names nothing may come twice: it gets the whole. */
export function surely(want: Want, receiver: Receiver, { roomId, state, epoch }: RoomView): Want {
  const claimed = want.since && placeFrom(state, epoch, want.since);
  if (claimed === undefined || !receiver.sent.exceeds(roomId, claimed)) return want;
  return { ...want, since: undefined, scene: true };
}

/** What is kept of its coming is durable, or it goes. */
export function release({ standing }: Attachment): void {
  if (standing.kind === 'waiting') standing.isHeld = false;
}

/** One that lags asks for a flush when it has drained, one that is held when it is released. */
export function isServable({ receiver, standing }: Attachment): boolean {
  return !receiver.lagging && !(standing.kind === 'waiting' && standing.isHeld);
}

/** Whether it gets what an audience gets. */
export function isIn({ standing }: Attachment, audience: Audience): boolean {
  return standing.kind === 'live' && standing.audience === audience;
}
