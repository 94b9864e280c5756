import { type Operation, Refusal } from '../../../../protocol/index.ts';
import { toOthers, type Vocabulary } from '../../dialect.ts';
import type { RoomEvent, RoomView } from '../../events.ts';
import { emit, originOf } from '../../framings/socket-io-framing.ts';
import { itemId, namesIn } from './item-id.ts';
import { sanitised } from './sanitise.ts';
import {
  acknowledge,
  acknowledged,
  COMPONENT,
  displayName,
  ENTITY,
  type Fields,
  fail,
  idOf,
  meaningsOf,
  nameIn,
  PROJECT,
  publishedName,
  relayed,
  transformIn,
  userOf,
  type Words,
} from './words.ts';

const BLUEPRINT_UPDATE = 'blueprint_update';

/** What people do in a room of this application. */
export const roomMeanings = meaningsOf({
  join_room: {
    commands(given, caller) {
      const user = userOf(caller, { userId: given.optional('userId'), name: given.optional('userName') });
      return [{ type: 'join', roomId: joinable(given), user }];
    },
    fields: { 'user.userId': 'userId', 'user.name': 'userName' },
  },
  leave_room: { commands: (given) => [{ type: 'leave', roomId: given.id('roomId') }] },
  send_message: {
    commands: (given) => [
      inRoom(given, 'message', {
        text: given.all.message,
        kind: given.optional('type'),
        metadata: given.optional('metadata'),
        opId: given.optional('opId'),
      }),
    ],
    fields: { text: 'message', kind: 'type' },
  },
  typing: { commands: (given) => [inRoom(given, 'typing', { isTyping: given.all.isTyping })] },
  [BLUEPRINT_UPDATE]: {
    commands: (given) => [inRoom(given, 'relay', blueprintRelay(given))],
    fields: transformIn('changes'),
  },
  cursor_move: {
    commands: (given) => [
      inRoom(given, 'cursor', { position: given.all.position, selection: given.all.selection }),
    ],
  },
  scroll_position: {
    commands: (given) => [inRoom(given, 'scroll', { position: given.all.scrollPos })],
    fields: { position: 'scrollPos' },
  },
  operation: {
    commands(given) {
      const { documentId, operation, version } = given.all;
      const opId = given.optional('opId');
      return [inRoom(given, 'operation', { documentId, operation, version, opId })];
    },
  },
  analytics_events: {
    wraps: 'events',
    commands: ({ all }) => [{ type: 'analytics', events: all.events }],
  },
  ping: { commands: () => [{ type: 'heartbeat' }] },
  auth: { commands: ({ all }) => [{ type: 'auth', token: all.token }] },
});

/** A room where other words are spoken would say nothing of what is said in these. */
function joinable(given: Fields): string {
  const roomId = given.id('roomId');
  if (!elsewhere.some((prefix) => roomId.startsWith(prefix))) return roomId;
  const expected = `an id that does not begin with ${elsewhere.join(' or ')}`;
  throw new Refusal('INVALID_FIELD', { path: 'roomId', expected });
}

const elsewhere = [COMPONENT, ENTITY, PROJECT];

function inRoom(given: Fields, type: string, fields: Readonly<Record<string, unknown>>): Words {
  const words: Record<string, unknown> & { type: string } = { type, roomId: given.id('roomId') };
  // What was left out stays so: validators take undefined for a value.
  for (const name in fields) if (fields[name] !== undefined) words[name] = fields[name];
  return words;
}

const blueprintActions = { add: 'add', update: 'update', move: 'update', delete: 'remove' } as const;

/** A section of a blueprint is an item of the room's scene. */
function blueprintRelay(given: Fields) {
  const { section, action, ...content } = given.object('changes');
  const id = itemId(given, 'blueprintId', (others) => idOf(section, 'changes.section', others));
  if (typeof action !== 'string' || !Object.hasOwn(blueprintActions, action)) {
    const expected = '"add", "update", "move" or "delete"';
    throw new Refusal('INVALID_FIELD', { path: 'changes.action', expected });
  }
  const type = blueprintActions[action as keyof typeof blueprintActions];
  // The item has an id already.
  const { id: _, ...data } = content;
  const item = { target: 'item', id } as const;
  const operation: Operation = type === 'remove' ? { type, ...item } : { type, ...item, data };
  // A signature cannot cover itself.
  const { signature: __, ...said } = given.all;
  return { event: BLUEPRINT_UPDATE, data: said, operations: [operation], opId: given.optional('opId') };
}

/** Applications in which people talk, point, write and edit blueprints; namespaces `/` and `/ws`. */
export const rooms: Vocabulary = {
  room: {
    presence: ({ joined, left }, { roomId, state }) => [
      ...joined.map((userId) => {
        const member = state.members.get(userId);
        return emit('user_joined', {
          roomId,
          ...personOf(member?.user, userId),
          timestamp: member?.joinedAt,
        });
      }),
      ...left.map((user) =>
        emit('user_left', { roomId, ...personOf(user, user.userId), timestamp: user.leftAt }),
      ),
    ],
    selection: null,
    delta: ({ bare }, { roomId }) => bare.flatMap((one) => blueprintUpdate(one, roomId)),
    text: ({ documentId, operation, version, userId, userName = userId, connectionId }, { roomId }) => [
      toOthers(emit('operation', { roomId, documentId, operation, version, userId, userName }), connectionId),
    ],
    message: ({ message }, { roomId }) => {
      const { id, userId, userName = userId, text, kind, timestamp, metadata } = message;
      return [
        emit('message', {
          id,
          roomId,
          userId,
          userName,
          message: sanitised(text),
          type: kind,
          timestamp,
          ...(metadata === undefined ? {} : { metadata }),
        }),
      ];
    },
    published: (event, view) => publishedAs(event, view),
  },
  signal: ({ kind, userId, payload }, view) => {
    const { roomId } = view;
    const userName = nameIn(view, userId);
    // Written out: this runs for every signal, and what follows a spread costs more than all the rest.
    switch (kind) {
      case 'typing':
        return [emit('user_typing', { roomId, userId, userName, isTyping: payload.isTyping })];
      case 'cursor': {
        const { position, selection } = payload;
        return [emit('cursor_move', { roomId, userId, userName, position, selection })];
      }
      case 'scroll':
        return [emit('scroll_position', { roomId, userId, userName, scrollPos: payload.position })];
      case 'camera':
        return [];
    }
  },
  direct: {
    welcome: ({ pid, connectionId }) => [
      { connect: { sid: connectionId, ...(pid === undefined ? {} : { pid }) } },
      // Who looks at how long ago the last one came, before asking for another, finds none from before an outage.
      emit('pong'),
    ],
    ack: (event) => {
      const { op, ref, roomId } = event;
      if (op === 'heartbeat')
        return originOf(ref).name === 'ping' ? [emit('pong'), ...acknowledged(event)] : [];
      return op === 'leave' ? [emit('room_left', { roomId }), ...acknowledged(event)] : acknowledged(event);
    },
    joined: ({ ref }, view) => {
      if (view === undefined) return [];
      const users = [...view.state.members].map(([userId, { user }]) => personOf(user, userId));
      const joined = { roomId: view.roomId, users };
      return [emit('room_joined', joined), ...acknowledge(ref, { ok: true, ...joined })];
    },
    error: (event, view) => {
      const { op, ref, roomId } = event;
      const failed = fail(event, { roomId });
      if (view === undefined || ref !== undefined || op !== 'join') return failed;
      // Nobody has asked: it is in the room no longer.
      return [...failed, emit('room_left', { roomId })];
    },
    conflict: (event, view) => fail(event, { roomId: view?.roomId }),
    state: null,
    sync: null,
    viewerCameras: null,
    notification: ({ data }) => [emit('notification', data)],
    authExpiring: ({ expiresAt, inMs }) => [emit('auth_expiring', { expiresAt, inMs })],
  },
};

function publishedAs(event: Extract<RoomEvent, { type: 'published' }>, { roomId }: RoomView): object[] {
  const { data, userId, userName = userId, connectionId, at, toAll } = event;
  const name = publishedName(event);
  if (connectionId === undefined || userId === undefined) return [emit(name, data)];
  // Whoever relays in other words may name a room that it is not in.
  const isOwnWord = name === BLUEPRINT_UPDATE;
  const fields = { ...(isOwnWord ? { roomId } : {}), userId, userName, timestamp: at };
  const message = emit(name, relayed(data, fields, isOwnWord));
  return [toAll === true ? message : toOthers(message, connectionId)];
}

/** What others did to a section in other words. */
function blueprintUpdate({ type, target, id = '', data = {} }: Operation, roomId: string): object[] {
  const names = namesIn(id);
  if (target === 'scene' || names === undefined) return [];
  const [blueprintId, section] = names;
  const { id: _, ...content } = data;
  const changes = { ...content, section, action: type === 'remove' ? 'delete' : type };
  return [emit(BLUEPRINT_UPDATE, { roomId, blueprintId, changes })];
}

function personOf(user: { name?: unknown } | undefined, userId: string) {
  return { userId, userName: displayName(user, userId) };
}
