import { isPlainObject } from '../../../../protocol/index.ts';
import type { Caller, Vocabulary } from '../../dialect.ts';
import type { RoomView } from '../../events.ts';
import { emit, type SocketEvent } from '../../framings/socket-io-framing.ts';
import { manifestOf } from '../../manifest.ts';
import {
  acknowledge,
  acknowledged,
  charactersOf,
  displayName,
  fail,
  fieldOf,
  MAX_ROOM_USERS,
  meaningsOf,
  nameIn,
  publishedName,
  read,
  userOf,
  type Words,
} from './words.ts';

const PREFIX = 'scene:';

const meanings = meaningsOf({
  joinScene: {
    commands(given, caller) {
      const before = `${PREFIX}${given.part('projectId', PREFIX.length + 2)}:`;
      const roomId = before + given.id('sceneId', charactersOf(before));
      return [{ type: 'join', roomId, scene: true, user: userOf(caller) }];
    },
  },
  leaveScene: { commands: (_, caller) => scenesOf(caller).map(leave) },
  sceneOperation: {
    commands(given, caller) {
      const { version, opId, operations, signature: _, ...operation } = given.all;
      return [
        {
          type: 'sceneOperation',
          ...sceneOf(caller),
          ...(given.has('operations')
            ? { operations: Array.isArray(operations) ? operations.map(withoutNull) : operations }
            : { operation: withoutNull(operation) }),
          ...(given.has('version') ? { version } : {}),
          ...(given.has('opId') ? { opId } : {}),
        },
      ];
    },
  },
  requestSync: {
    commands: (given, caller) => [
      {
        type: 'requestSync',
        ...sceneOf(caller),
        ...(given.has('version') ? { version: given.all.version } : {}),
      },
    ],
  },
  auth: { commands: ({ all }) => [{ type: 'auth', token: all.token }] },
});

/** Applications in which people arrange 3D scenes; namespace `/scenes`. */
export const scenes: Vocabulary = {
  maxRoomUsers: MAX_ROOM_USERS,
  // Other events do not name their scene.
  oneAtATime: PREFIX,
  answersInOrder: true,
  syncsWhole: true,
  inbound: {
    read: (message, caller) => read(meanings, message as SocketEvent, caller),
    // The operation is the argument itself.
    nameOf: (path) => fieldOf(path).replace(/^operation\./, ''),
  },
  room: {
    presence: ({ joined, left }, view) => [
      ...joined.map((userId) => emit('userJoined', { ...personOf(view, userId), ...placeOf(view) })),
      ...left.map((user) =>
        emit('userLeft', { userId: user.userId, userName: displayName(user, user.userId), ...placeOf(view) }),
      ),
    ],
    selection: null,
    delta: ({ fromVersion, toVersion, operations }) => [
      emit('sceneDelta', { delta: { fromVersion, toVersion, operations } }),
    ],
    text: null,
    message: null,
    published: (event) => [emit(publishedName(event), event.data)],
  },
  signal: null,
  stateNamesMembers: true,
  direct: {
    welcome: ({ pid, connectionId, userId }) => [
      { connect: { sid: connectionId, ...(pid === undefined ? {} : { pid }) } },
      emit('connected', { connectionId, ...(userId === undefined ? {} : { userId }) }),
    ],
    // The room's id is no word of this application.
    ack: ({ roomId: _, ...event }) => acknowledged(event),
    joined: ({ ref, version }, view) => acknowledge(ref, { ok: true, version, ...(view && placeOf(view)) }),
    error: (event) => fail(event, placeOf(event)),
    conflict: (event, view) => fail(event, placeOf(view ?? {})),
    state: (_, view) => (view === undefined ? [] : [emit('sceneJoined', wholeOf(view))]),
    sync: ({ ref, answer: { mode, version } }, view) => {
      if (view === undefined) return [];
      const whole = mode === 'current' ? { type: mode } : { type: 'full', manifest: manifestOf(view) };
      return syncResponse(ref, { ...whole, version });
    },
    viewerCameras: null,
    notification: ({ data }) => [emit('notification', data)],
    authExpiring: ({ expiresAt, inMs }) => [emit('auth_expiring', { expiresAt, inMs })],
  },
};

function syncResponse(ref: string | number | undefined, answer: object): object[] {
  return [emit('syncResponse', answer), ...acknowledge(ref, { ok: true, ...answer })];
}

const optional: ReadonlySet<string> = new Set(['id', 'data']);

/** An operation without what it may leave out and says null of. */
function withoutNull(operation: unknown): unknown {
  if (!isPlainObject(operation)) return operation;
  const said = Object.entries(operation).filter(([name, value]) => value !== null || !optional.has(name));
  return Object.fromEntries(said);
}

function scenesOf({ rooms }: Caller): string[] {
  return rooms.filter((one) => one.startsWith(PREFIX));
}

/** The scene that was joined; none where there is none, so that the command says what is missing. */
function sceneOf(caller: Caller): { roomId?: string } {
  const roomId = scenesOf(caller).at(-1);
  return roomId === undefined ? {} : { roomId };
}

function leave(roomId: string): Words {
  return { type: 'leave', roomId };
}

/** The project and the scene that a room's id names: a project's id has no colon. */
function placeOf({ roomId }: { readonly roomId?: string }): object {
  if (roomId === undefined) return {};
  const [, projectId = '', ...rest] = roomId.split(':');
  return { projectId, sceneId: rest.join(':') };
}

function personOf(view: RoomView, userId: string): object {
  return { userId, userName: nameIn(view, userId) };
}

function wholeOf(view: RoomView) {
  const { scene, members } = view.state;
  return {
    ...placeOf(view),
    version: scene.version,
    manifest: manifestOf(view),
    users: [...members.keys()].map((userId) => personOf(view, userId)),
  };
}
