import { type Dialect, renderDirect, renderRoom } from '../dialect/dialect.ts';
import type { Ref, RoomEvent, RoomView, SyncAnswer } from '../dialect/events.ts';
import { isBlank } from '../room/state.ts';
import type { Want } from './attachment.ts';
import { coalesce } from './coalesce.ts';
import { eventOf } from './pending.ts';
import { type Missed, missedSince, type Place, placeFrom } from './position.ts';
import type { Receiver } from './receiver.ts';

/** What a client asks to synchronise. */
export interface SyncRequest {
  ref: Ref | undefined;
  epoch: string | undefined;
  version: number | undefined;
  offset: number | undefined;
  /** Only this text. */
  documentId: string | undefined;
}

/**
 * What brings a receiver from where it was to where the room stands.
 *
 * @param shared what all receivers of a dialect get in this flush, rendered once
 * @returns encoded messages, and whether the whole state has to follow
 */
export function bringUpToDate(
  receiver: Receiver,
  view: RoomView,
  want: Want,
  now: Place,
  shared: Map<string, string[]>,
): { encoded: string[]; whole: boolean } {
  const { dialect } = receiver;
  let present = shared.get(dialect.name);
  if (present === undefined) {
    const presence: RoomEvent = { type: 'presence', joined: [], left: [], updated: [] };
    present = [presence, { type: 'selection' } as const].flatMap((one) => renderRoom(dialect, one, view));
    shared.set(dialect.name, present);
  }
  const seen = seenBy(want, view);
  const missed = seen === undefined ? undefined : missedSince(view.state, seen);
  if (missed === undefined) {
    const whole = want.scene || want.since !== undefined || !isBlank(view.state);
    return { encoded: [...present], whole };
  }
  const own = want.resync === true ? receiver.connection.id : undefined;
  const events = eventsFor(missed, now, own);
  return { encoded: [...present, ...events.flatMap((one) => renderRoom(dialect, one, view))], whole: false };
}

/** What a receiver has; undefined for nothing. */
function seenBy(want: Want, view: RoomView): Place | undefined {
  if (want.resync === true) return want.place;
  return want.since === undefined ? undefined : placeFrom(view.state, view.epoch, want.since);
}

/** @param own the connection whose own text operations were acknowledged to it already */
function eventsFor(missed: Missed, now: Place, own: string | undefined): RoomEvent[] {
  const events: RoomEvent[] = missed.others
    .filter((one) => !(one.event.kind === 'text' && one.event.by.connection === own))
    .map((one) => eventOf(one.event, one.offset));
  if (missed.fromVersion < now.version) {
    events.push({
      type: 'delta',
      offset: now.offset,
      fromVersion: missed.fromVersion,
      toVersion: now.version,
      operations: coalesce(missed.operations),
    });
  }
  return events;
}

/** The encoded answer to a request for synchronisation, as of the flush. */
export function syncAnswer(dialect: Dialect, view: RoomView, request: SyncRequest, now: Place): string[] {
  const { ref, documentId } = request;
  const say = (answer: SyncAnswer) =>
    renderDirect(dialect, { type: 'sync', ...(ref === undefined ? {} : { ref }), answer }, view);
  if (documentId !== undefined) {
    const { version, text } = view.state.texts.get(documentId) ?? { version: 0, text: '' };
    return say({ mode: 'document', ...now, documents: { [documentId]: { version, text } } });
  }
  const { epoch = view.epoch, version, offset } = request;
  const seen = placeFrom(view.state, view.epoch, {
    epoch,
    ...(version === undefined ? {} : { version }),
    ...(offset === undefined ? {} : { offset }),
  });
  const missed = seen === undefined ? undefined : missedSince(view.state, seen);
  if (missed === undefined) return say({ mode: 'full', ...now });
  const others = missed.others.flatMap((one) => renderRoom(dialect, eventOf(one.event, one.offset), view));
  const { fromVersion } = missed;
  if (fromVersion === now.version) return [...others, ...say({ mode: 'current', ...now })];
  const operations = coalesce(missed.operations);
  return [...others, ...say({ mode: 'delta', ...now, fromVersion, operations })];
}
