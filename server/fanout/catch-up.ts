import { type Dialect, isExcluded, renderDirect, renderRoom } from '../dialect/dialect.ts';
import type { Ref, RoomEvent, RoomView, SyncAnswer } from '../dialect/events.ts';
import { comingsSince, lastDeparture } from '../room/comings.ts';
import { isBlank } from '../room/state.ts';
import type { Attachment, Want } from './attachment.ts';
import { deltaOf } from './delta.ts';
import type { Encodings } from './encodings.ts';
import { eventOf } from './pending.ts';
import { type Missed, missedSince, type Place, placeFrom } from './position.ts';

/** Who is brought up to date. */
export type Recipient = Pick<Attachment, 'receiver' | 'userId'>;

/** What a client asks to synchronise. */
export interface SyncRequest {
  ref: Ref | undefined;
  epoch: string | undefined;
  version: number | undefined;
  offset: number | undefined;
  /** Only this text. */
  documentId: string | undefined;
}

/** Encoded messages, and whether the whole state has to follow. */
export interface Update {
  readonly encoded: string[];
  readonly whole: boolean;
}

/** What brings a receiver from where it was to where the room stands. */
export function bringUpToDate(
  { receiver: { dialect, connection }, userId }: Recipient,
  view: RoomView,
  want: Want,
  now: Place,
  encodings: Encodings,
): Update {
  const present = want.recovers === undefined ? encodings.present(dialect) : [];
  const seen = seenBy(want, view);
  const missed = seen === undefined ? undefined : missedSince(view.state, seen);
  if (seen === undefined || missed === undefined) {
    const whole = want.scene || want.since !== undefined || !isBlank(view.state);
    return { encoded: present, whole };
  }
  const texts = encodings.since(seen, dialect, () =>
    eventsFor(missed, now).flatMap((one) => renderRoom(dialect, one, view, seen.version)),
  );
  const came = present.length > 0 ? present : comings(dialect, view, seen, userId);
  // What is its own was acknowledged to this connection already.
  const own = want.resync === true ? [connection.id] : (want.recovers ?? []);
  const due = texts.filter(
    (one) => (one.from === undefined || !own.includes(one.from)) && !isExcluded(one, userId, connection.id),
  );
  return { encoded: [...came, ...due.map(({ text }) => text)], whole: false };
}

/** Who came and went meanwhile, in a vocabulary that does not say who is there. */
function comings(dialect: Dialect, view: RoomView, seen: Place, userId: string): string[] {
  const { state } = view;
  // Of a room that keeps nothing clients have no mark: what they missed begins where they were found to be gone.
  const since = seen.offset > 0 ? seen.offset : lastDeparture(state.departures, userId);
  if (since === undefined) return [];
  const { joined, left } = comingsSince(state, since);
  const event = {
    type: 'presence' as const,
    joined: joined.filter((one) => one !== userId),
    left: left.filter((one) => one.userId !== userId),
    updated: [],
  };
  if (event.joined.length + event.left.length === 0) return [];
  return renderRoom(dialect, event, view, seen.version).map(({ text }) => text);
}

/** What a receiver has; undefined for nothing. */
function seenBy(want: Want, view: RoomView): Place | undefined {
  if (want.resync === true) return want.place;
  return want.since === undefined ? undefined : placeFrom(view.state, view.epoch, want.since);
}

function eventsFor(missed: Missed, now: Place): RoomEvent[] {
  const events: RoomEvent[] = missed.others.map((one) => eventOf(one.event, one.offset));
  const delta = deltaOf(missed.operations, now.offset);
  if (delta !== undefined) events.push(delta);
  return events;
}

/** The encoded answer to a request for synchronisation, as of the flush. */
export function syncAnswer(
  { receiver: { dialect, connection }, userId }: Recipient,
  view: RoomView,
  request: SyncRequest,
  now: Place,
  encodings: Encodings,
): string[] {
  const { ref, documentId, epoch = view.epoch, version, offset } = request;
  const eventFor = (answer: SyncAnswer) => ({
    type: 'sync' as const,
    ...(ref === undefined ? {} : { ref }),
    answer,
  });
  const say = (answer: SyncAnswer) => renderDirect(dialect, eventFor(answer), view);
  if (documentId !== undefined) {
    const { version, text } = view.state.texts.get(documentId) ?? { version: 0, text: '' };
    return say({ mode: 'document', ...now, documents: { [documentId]: { version, text } } });
  }
  const seen = placeFrom(view.state, view.epoch, {
    epoch,
    ...(version === undefined ? {} : { version }),
    ...(offset === undefined ? {} : { offset }),
  });
  const missed = seen === undefined ? undefined : missedSince(view.state, seen);
  if (missed === undefined) return encodings.answer(dialect, eventFor({ mode: 'full', ...now }));
  const others = missed.others
    .flatMap((one) => renderRoom(dialect, eventOf(one.event, one.offset), view, version ?? 0))
    .filter((one) => !isExcluded(one, userId, connection.id))
    .map(({ text }) => text);
  const delta = deltaOf(missed.operations, now.offset);
  if (delta === undefined) return [...others, ...say({ mode: 'current', ...now })];
  const { fromVersion, operations } = delta;
  return [...others, ...say({ mode: 'delta', ...now, fromVersion, operations })];
}
