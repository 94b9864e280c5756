import { type Dialect, isExcluded, type RoomText, renderDirect, renderRoom } from '../dialect/dialect.ts';
import type { Ref, RoomEvent, RoomView, SyncAnswer } from '../dialect/events.ts';
import { comingsSince, lastDeparture } from '../room/comings.ts';
import type { Place } from '../room/place.ts';
import { isBlank } from '../room/state.ts';
import type { Attachment, Want } from './attachment.ts';
import { deltaOf } from './delta.ts';
import type { Encodings } from './encodings.ts';
import { eventOf } from './pending.ts';
import { type Missed, missedSince, placeFrom } from './position.ts';

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

/** An encoded message of what was missed, and where its receiver stands after the event that it tells of. */
export type Step = RoomText & { readonly place: Place };

/** What brings a receiver up to date. */
export interface Update {
  /** Encoded: who is there, or came and went. */
  readonly present: string[];
  /** Where it begins, and what leads on from there. */
  readonly from: Place | undefined;
  readonly steps: Step[];
  /** Whether the whole state has to follow. */
  readonly whole: boolean;
  /** Whether, without it, what it was there for would be missing. */
  readonly isLost: boolean;
}

/** Encoded messages in the order in which they leave: what was due to one that joins again comes first. */
export function inOrder(
  recipient: Recipient,
  view: RoomView,
  { joins, since, anew = false }: Want,
  now: Place,
  { present, from = now, steps }: Update,
): string[] {
  const missed = steps.map(({ text }) => text);
  // The mark of an answer is not ahead of what comes behind it.
  const place = anew || since !== undefined ? now : from;
  const answers = joinedAnswers(recipient, view, joins, place);
  return anew ? [...missed, ...answers, ...present] : [...answers, ...present, ...missed];
}

/** @param place none unless what leads there follows: the client would take it for its own */
export function joinedAnswers(
  { receiver, userId }: Recipient,
  view: RoomView,
  joins: Want['joins'],
  place?: Place,
): string[] {
  const event = { type: 'joined', userId, ...place } as const;
  return joins.flatMap(({ ref }) =>
    renderDirect(receiver.dialect, ref === undefined ? event : { ...event, ref }, view),
  );
}

/** Joins are answered: what comes in their place has to tell where the room stands, whose members they were told. */
export function answered(want: Want, offset: number): Want {
  const isFirst = want.joins.length > 0 && want.place === undefined;
  return { ...want, joins: [], scene: true, ...(isFirst ? { heard: offset } : {}) };
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
  const from = seenBy(want, view, dialect);
  const missed = from === undefined ? undefined : missedSince(view.state, from);
  if (from === undefined || missed === undefined) {
    const whole = want.scene || want.since !== undefined || !isBlank(view.state);
    const goesOn = want.since === undefined && from !== undefined;
    const wasThere = want.resync === true || want.recovers !== undefined || goesOn;
    return { present, from: undefined, steps: [], whole, isLost: whole && wasThere };
  }
  const whole = want.anew === true && (want.scene || !isBlank(view.state));
  const steps = encodings.since(from, dialect, () => stepsFrom(from, missed, now, dialect, view));
  // The answer to a join says who is there.
  const heard = want.joins.length > 0 && want.anew !== true ? view.state.offset : want.heard;
  const came = present.length > 0 ? present : comings(dialect, view, from, userId, heard);
  // What is its own is acknowledged to this connection: one that recovers speaks as soon as it is welcomed.
  const isBegun = want.since === undefined || want.anew === true || want.recovers !== undefined;
  const own = isBegun && want.withOwn !== true ? [connection.id, ...(want.recovers ?? [])] : [];
  const due = steps.filter(
    (one) => (one.from === undefined || !own.includes(one.from)) && !isExcluded(one, userId, connection.id),
  );
  return { present: came, from, steps: [...(want.rest ?? []), ...due], whole, isLost: false };
}

function stepsFrom(from: Place, missed: Missed, now: Place, dialect: Dialect, view: RoomView): Step[] {
  const { version } = from;
  return eventsFor(missed, now).flatMap((event) => {
    const place = event.type === 'delta' ? now : { version, offset: event.offset };
    return renderRoom(dialect, event, view, version).map((one) => ({ ...one, place }));
  });
}

/**
 * Who came and went meanwhile, in a vocabulary that does not say who is there.
 *
 * @param heard the offset through which that was told, where it is not the place's
 */
function comings(
  dialect: Dialect,
  view: RoomView,
  { version, offset }: Place,
  userId: string,
  heard = offset,
): string[] {
  const { state } = view;
  // Of a room that keeps nothing clients have no mark: what they missed begins where they were found to be gone.
  const since = heard > 0 ? heard : lastDeparture(state.departures, userId);
  if (since === undefined) return [];
  const { joined, left } = comingsSince(state, since);
  const event = {
    type: 'presence' as const,
    joined: joined.filter((one) => one !== userId),
    left: left.filter((one) => one.userId !== userId),
    updated: [],
  };
  if (event.joined.length + event.left.length === 0) return [];
  return renderRoom(dialect, event, view, version).map(({ text }) => text);
}

/** What a receiver has; undefined for nothing. */
function seenBy(want: Want, view: RoomView, { vocabulary }: Dialect): Place | undefined {
  if (want.resync === true || want.place !== undefined) return want.place;
  if (want.since !== undefined) return placeFrom(view.state, view.epoch, want.since);
  return vocabulary.direct.state === null ? want.joined : undefined;
}

function eventsFor(missed: Missed, now: Place) {
  const events: Exclude<RoomEvent, { type: 'presence' | 'selection' }>[] = missed.others.map((one) =>
    eventOf(one.event, one.offset),
  );
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
  const whole = () => encodings.answer(dialect, eventFor({ mode: 'full', ...now }));
  if (missed === undefined) return whole();
  const others = missed.others
    .flatMap((one) => renderRoom(dialect, eventOf(one.event, one.offset), view, version ?? 0))
    .filter((one) => !isExcluded(one, userId, connection.id))
    .map(({ text }) => text);
  if (dialect.vocabulary.syncsWhole && missed.operations.length > 0) return [...others, ...whole()];
  const delta = deltaOf(missed.operations, now.offset);
  if (delta === undefined) return [...others, ...say({ mode: 'current', ...now })];
  const { fromVersion, operations } = delta;
  return [...others, ...say({ mode: 'delta', ...now, fromVersion, operations })];
}
