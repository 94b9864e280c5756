import { type Dialect, renderDirect, renderRoom } from '../dialect/dialect.ts';
import type { Ref, RoomEvent, RoomView, SyncAnswer } from '../dialect/events.ts';
import type { RecentOther } from '../room/recent.ts';
import { isBlank } from '../room/state.ts';
import type { Want } from './attachment.ts';
import { coalesce } from './coalesce.ts';
import type { Encodings } from './encodings.ts';
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
 * @returns encoded messages, and whether the whole state has to follow
 */
export function bringUpToDate(
  { dialect, connection }: Receiver,
  view: RoomView,
  want: Want,
  now: Place,
  encodings: Encodings,
): { encoded: string[]; whole: boolean } {
  const render = (events: readonly RoomEvent[]) => events.flatMap((one) => renderRoom(dialect, one, view));
  const present = encodings.present(dialect);
  const seen = seenBy(want, view);
  const missed = seen === undefined ? undefined : missedSince(view.state, seen);
  if (seen === undefined || missed === undefined) {
    const whole = want.scene || want.since !== undefined || !isBlank(view.state);
    return { encoded: present, whole };
  }
  if (want.resync === true && missed.others.some((one) => isTextBy(one, connection.id))) {
    const others = missed.others.filter((one) => !isTextBy(one, connection.id));
    return { encoded: [...present, ...render(eventsFor({ ...missed, others }, now))], whole: false };
  }
  const encoded = encodings.since(seen, dialect, () => render(eventsFor(missed, now)));
  return { encoded: [...present, ...encoded], whole: false };
}

/** Its own text operations were acknowledged to a connection already. */
function isTextBy({ event }: RecentOther, connectionId: string): boolean {
  return event.kind === 'text' && event.by.connection === connectionId;
}

/** What a receiver has; undefined for nothing. */
function seenBy(want: Want, view: RoomView): Place | undefined {
  if (want.resync === true) return want.place;
  return want.since === undefined ? undefined : placeFrom(view.state, view.epoch, want.since);
}

function eventsFor(missed: Missed, now: Place): RoomEvent[] {
  const events: RoomEvent[] = missed.others.map((one) => eventOf(one.event, one.offset));
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
export function syncAnswer(
  dialect: Dialect,
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
  const others = missed.others.flatMap((one) => renderRoom(dialect, eventOf(one.event, one.offset), view));
  const { fromVersion } = missed;
  if (fromVersion === now.version) return [...others, ...say({ mode: 'current', ...now })];
  const operations = coalesce(missed.operations);
  return [...others, ...say({ mode: 'delta', ...now, fromVersion, operations })];
}
