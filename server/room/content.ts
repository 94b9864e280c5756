import type { ChatMessage } from '../../protocol/index.ts';
import { refusalOf } from './admission.ts';
import { answerTo, type Effect, type Recoverable } from './effect.ts';
import type { EntryOf } from './entry.ts';
import { keep } from './recent.ts';
import { applyOperation } from './scene.ts';
import { lockedByOther } from './selections.ts';
import type { RoomState } from './state.ts';
import { edit } from './texts.ts';

/** Operations on the scene: all or none. [SPEC: SC] */
export function sceneOperation(state: RoomState, entry: EntryOf<'sceneOperation'>): Effect[] {
  const { scene, selections } = state;
  const author = entry.by.userId;
  const refusal = refusalOf(
    scene,
    {
      operations: entry.operations,
      author,
      base: entry.version,
      lockedBy: (thing) => lockedByOther(selections, thing, author),
    },
    state.limits,
  );
  if (refusal !== undefined) return [answerTo(entry, refusal)];
  const fromVersion = scene.version;
  const operations = [];
  let bytes = 0;
  for (const operation of entry.operations) {
    scene.version += 1;
    const done = applyOperation(scene, operation, author);
    if (done === undefined) continue;
    operations.push(done.operation);
    bytes += done.bytes;
  }
  const delta: Recoverable = {
    kind: 'operations',
    fromVersion,
    toVersion: scene.version,
    operations,
  };
  return [...keepAll(state, [delta], bytes), answerTo(entry, { ok: true, version: scene.version })];
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
    ...(opId === undefined ? {} : { opId }),
  };
  const bytes = JSON.stringify(operation).length;
  return [...keepAll(state, [text], bytes), answerTo(entry, { ok: true, version })];
}

/** A chat message. [SPEC: CH] */
export function chat(state: RoomState, entry: EntryOf<'message'>): Effect[] {
  const name = state.members.get(entry.by.userId)?.user.name;
  const message: ChatMessage = {
    id: entry.id,
    userId: entry.by.userId,
    ...(typeof name === 'string' ? { userName: name } : {}),
    text: entry.text,
    kind: entry.kind,
    ...(entry.metadata === undefined ? {} : { metadata: entry.metadata }),
    timestamp: entry.at,
  };
  state.messages.push(message);
  while (state.messages.length > state.limits.KEPT_MESSAGES) state.messages.shift();
  return [
    ...keepAll(state, [{ kind: 'message', message }], entry.text.length),
    answerTo(entry, { ok: true, id: entry.id }),
  ];
}

/** Keeps events for those who come back. */
export function keepAll(state: RoomState, events: Recoverable[], bytes = 256): Recoverable[] {
  for (const event of events) {
    keep(
      state.recent,
      { offset: state.offset, bytes: bytes + 64, event },
      { events: state.limits.KEPT_EVENTS, bytes: state.limits.KEPT_EVENT_BYTES },
    );
  }
  return events;
}
