import { errors, type Message, type MessageOf } from '../../../protocol/index.ts';
import { type Dialect, type ToOthers, toOthers, type Vocabulary } from '../dialect.ts';
import type { RoomView, SyncAnswer } from '../events.ts';
import { batchEvents } from '../framings/event-stream.ts';
import { batchFrames, singleFrames } from '../framings/json.ts';
import { manifestOf } from '../manifest.ts';
import { presentIn } from '../present.ts';

/** The protocol's own words. [SPEC: NP] */
export const native: Vocabulary = {
  room: {
    presence: (_, view) => [presenceOf(view)],
    selection: (_, view) => [selectionOf(view)],
    delta: ({ offset, fromVersion, toVersion, operations }, { roomId }) =>
      say({ type: 'sceneDelta', roomId, offset, fromVersion, toVersion, operations }),
    text: ({ type: _, userName: __, ...operation }, { roomId }) =>
      sayToOthers({ type: 'operation', roomId, ...operation }, operation.connectionId),
    message: ({ offset, message }, { roomId }) => say({ type: 'message', roomId, offset, ...message }),
    published: ({ type: _, at, toAll, exclude: __, userName: ___, ...event }, { roomId }) => {
      if (isNotification(roomId, event)) {
        const data = event.data as MessageOf<'notification'>['data'];
        return say({
          type: 'notification',
          roomId,
          offset: event.offset,
          id: String(data.id),
          data,
          timestamp: at,
        });
      }
      const message: Message = { type: 'event', roomId, ...event, timestamp: at };
      const { connectionId } = event;
      return connectionId === undefined || toAll ? say(message) : sayToOthers(message, connectionId);
    },
  },
  signal: ({ kind, userId, connectionId, payload }, { roomId }) => {
    const message: Record<string, unknown> = { type: kind };
    // Field by field: this runs for every signal, and what follows a spread costs more than all the rest.
    for (const name in payload) {
      if (name !== 'ref' && name !== 'after') message[name] = payload[name as keyof typeof payload];
    }
    message.roomId = roomId;
    message.userId = userId;
    message.connectionId = connectionId;
    return [message];
  },
  direct: {
    welcome: ({ connectionId, userId, terms }) =>
      say({ type: 'welcome', connectionId, ...(userId === undefined ? {} : { userId }), ...terms }),
    ack: ({ type: _, locked: __, op, ...fields }) => say({ type: 'ack', op, ok: true, ...fields }),
    joined: ({ type: _, userId: __, ...place }, view) => [
      {
        type: 'ack',
        op: 'join',
        ok: true,
        ...place,
        ...roomOf(view),
        ...(place.offset === undefined ? {} : epochOf(view)),
      },
    ],
    error: ({ type: _, op, code, message, details, ...fields }) => [
      {
        type: 'error',
        ...(op === undefined ? {} : { op }),
        ok: false,
        code,
        message: message ?? errors[code],
        ...fields,
        ...details,
      },
    ],
    conflict: ({ type: _, thing, lockedBy, ...fields }, view) => [
      { type: 'conflict', ...roomOf(view), planetId: thing, lockedBy, reason: 'locked', ...fields },
    ],
    state: ({ offset }, view) =>
      view === undefined ? [] : say({ type: 'sceneState', ...wholeOf(view, offset) }),
    sync: ({ ref, answer }, view) => (view === undefined ? [] : [syncOf(answer, view, ref)]),
    viewerCameras: ({ thing, cameras }, view) => [
      { type: 'viewer_cameras', ...roomOf(view), planetId: thing, cameras },
    ],
    notification: ({ id, data, at }) => say({ type: 'notification', id, data, timestamp: at }),
    authExpiring: ({ expiresAt, inMs }) => say({ type: 'auth_expiring', expiresAt, inMs }),
  },
};

/** Plain WebSocket clients. */
export const nativeSingle: Dialect = { name: 'n1', framing: singleFrames, vocabulary: native };
/** Those that asked for `tandem.v1`. */
export const nativeBatch: Dialect = { name: 'nb', framing: batchFrames, vocabulary: native };
/** Those behind what blocks WebSocket. */
export const nativeStream: Dialect = { name: 'ne', framing: batchEvents, vocabulary: native };

/** Told in the user's own room; the user's connections elsewhere get the same. */
function isNotification(roomId: string, { event, connectionId }: { event: string; connectionId?: string }) {
  return connectionId === undefined && event === 'notification' && roomId.startsWith('user:');
}

function say(message: Message): Message[] {
  return [message];
}

function sayToOthers(message: Message, connectionId: string): ToOthers[] {
  return [toOthers(message, connectionId)];
}

function roomOf(view: RoomView | undefined): { roomId?: string } {
  return view === undefined ? {} : { roomId: view.roomId };
}

function epochOf(view: RoomView | undefined): { epoch?: string } {
  return view === undefined ? {} : { epoch: view.epoch };
}

function presenceOf(view: RoomView): MessageOf<'presence'> {
  return { type: 'presence', roomId: view.roomId, users: presentIn(view) };
}

function selectionOf({ roomId, state }: RoomView): MessageOf<'selection_state'> {
  const selected = Object.fromEntries(
    [...state.selections].map(([thing, line]) => [thing, line.map((claim) => claim.userId)]),
  );
  return { type: 'selection_state', roomId, selected };
}

function wholeOf(view: RoomView, offset: number) {
  const { roomId, epoch, state } = view;
  return {
    roomId,
    epoch,
    version: state.scene.version,
    offset,
    manifest: manifestOf(view),
    documents: Object.fromEntries([...state.texts].map(([id, { version, text }]) => [id, { version, text }])),
    messages: state.messages,
  };
}

function syncOf(answer: SyncAnswer, view: RoomView, ref: string | number | undefined): object {
  const head = {
    type: 'syncResponse',
    roomId: view.roomId,
    ...(ref === undefined ? {} : { ref }),
    epoch: view.epoch,
  };
  if (answer.mode === 'document') return { ...head, ...answer, mode: 'full' };
  return answer.mode === 'full'
    ? { ...head, ...wholeOf(view, answer.offset), mode: 'full' }
    : { ...head, ...answer };
}
