import type { ChatMessage, Operation } from '../../protocol/index.ts';
import { refusalOf } from './admission.ts';
import { answerTo, type Effect, type OperationsEffect, type Recoverable } from './effect.ts';
import type { Author, EntryOf } from './entry.ts';
import { fitted } from './fitted.ts';
import { keep } from './recent.ts';
import { applyOperation } from './scene.ts';
import { lockedByOther } from './selections.ts';
import type { RoomState } from './state.ts';
import { edit } from './texts.ts';

/** Operations on the scene: all or none. [SPEC: SC] */
export function sceneOperation(state: RoomState, entry: EntryOf<'sceneOperation'>): Effect[] {
  const isList = entry.isList ?? entry.operations.length > 1;
  const refusal = refusalFor(state, entry.by, entry.operations, isList, entry.version);
  if (refusal !== undefined) return [answerTo(entry, refusal)];
  const delta = applyAll(state, entry.by, entry.operations);
  return [delta, answerTo(entry, { ok: true, version: state.scene.version })];
}

/** An event of an application's own, and what it does to the scene. [SPEC: EV] */
export function relay(state: RoomState, entry: EntryOf<'relay'>): Effect[] {
  const { by, id, event, data, toAll, at } = entry;
  const operations = fitted(state.scene, entry.operations ?? []);
  const refusal = refusalFor(state, by, operations, true);
  if (refusal !== undefined) return [answerTo(entry, refusal)];
  const deltas = operations.length === 0 ? [] : [applyAll(state, by, operations, true)];
  const relayed = keepEvent(state, {
    kind: 'event',
    id,
    event,
    data,
    userId: by.userId,
    ...nameOf(state, by),
    connectionId: by.connection,
    ...(toAll === undefined ? {} : { toAll }),
    at,
  });
  return [...deltas, relayed, answerTo(entry, { ok: true, version: state.scene.version, id })];
}

/** What a backend publishes. [SPEC: EV] */
export function publish(state: RoomState, entry: EntryOf<'event'>): Effect[] {
  const { id, event, data, exclude, at } = entry;
  const published = { kind: 'event', id, event, data, at } as const;
  return [
    keepEvent(state, exclude === undefined ? published : { ...published, exclude }),
    answerTo(entry, { ok: true, id }),
  ];
}

/** Why the scene does not take these operations, if it does not. */
function refusalFor(
  state: RoomState,
  by: Author,
  operations: readonly Operation[],
  isList: boolean,
  base?: number,
) {
  const author = by.userId;
  const lockedBy = (thing: string) => lockedByOther(state.selections, thing, author);
  return refusalOf(state.scene, { operations, isList, author, base, lockedBy }, state.limits);
}

/** Applies admitted operations as those of one entry. */
function applyAll(
  state: RoomState,
  by: Author,
  operations: readonly Operation[],
  relayed?: true,
): OperationsEffect {
  const { scene } = state;
  const delta: OperationsEffect = {
    kind: 'operations',
    fromVersion: scene.version,
    toVersion: scene.version + operations.length,
    operations: [],
    ...(relayed === undefined ? {} : { relayed }),
  };
  let bytes = 0;
  for (const operation of operations) {
    scene.version += 1;
    const done = applyOperation(scene, operation, by.userId);
    if (done === undefined) continue;
    delta.operations.push(done.operation);
    bytes += done.bytes;
  }
  // Without the room that an array takes to grow: as many are kept as there are recent events.
  delta.operations = delta.operations.slice();
  keepAll(state, [delta], bytes);
  return delta;
}

/** An operation on a text. [SPEC: TX] */
export function textOperation(state: RoomState, entry: EntryOf<'operation'>): Effect[] {
  const done = edit(state.texts, entry, state.limits);
  if (!done.ok) return [answerTo(entry, done)];
  const { by, documentId, opId } = entry;
  const { version, operation } = done;
  const text: Recoverable = {
    kind: 'text',
    documentId,
    operation,
    version,
    by,
    ...nameOf(state, by),
    ...(opId === undefined ? {} : { opId }),
  };
  const bytes = JSON.stringify(operation).length;
  return [...keepAll(state, [text], bytes), answerTo(entry, { ok: true, version })];
}

/** A chat message. [SPEC: CH] */
export function chat(state: RoomState, entry: EntryOf<'message'>): Effect[] {
  const message: ChatMessage = {
    id: entry.id,
    userId: entry.by.userId,
    ...nameOf(state, entry.by),
    text: entry.text,
    kind: entry.kind,
    ...(entry.metadata === undefined ? {} : { metadata: entry.metadata }),
    timestamp: entry.at,
  };
  state.messages.push(message);
  while (state.messages.length > state.limits.KEPT_MESSAGES) state.messages.shift();
  const bytes =
    entry.text.length + (entry.metadata === undefined ? 0 : JSON.stringify(entry.metadata).length);
  return [
    ...keepAll(state, [{ kind: 'message', message }], bytes),
    answerTo(entry, { ok: true, id: entry.id }),
  ];
}

function nameOf(state: RoomState, { userId }: Author): { userName?: string } {
  const name = state.members.get(userId)?.user.name;
  return typeof name === 'string' ? { userName: name } : {};
}

/** Keeps an event as large as its data. */
function keepEvent(state: RoomState, event: Recoverable & { kind: 'event' }): Recoverable {
  keepAll(state, [event], JSON.stringify(event.data ?? null).length);
  return event;
}

/** Keeps events for those who come back. */
function keepAll(state: RoomState, events: Recoverable[], bytes: number): Recoverable[] {
  for (const event of events) {
    keep(
      state.recent,
      { offset: state.offset, bytes: bytes + 64, event },
      { events: state.limits.KEPT_EVENTS, bytes: state.limits.KEPT_EVENT_BYTES },
    );
  }
  return events;
}
