import type { CommandOf, CommandType } from './commands.ts';
import { limits } from './limits.ts';
import type { MessageOf, MessageType } from './messages.ts';

const roomId = 'blueprint-7';
const connectionId = 'jD1vQ2mYb0iXwS5nG8kRzA';
const epoch = 'Zk3rT9uWc1';
const timestamp = 1_767_225_600_000;
const camera = { position: [12, 4.5, -3], target: [0, 0, 0], fov: 50 };
const user = { userId: 'ada', name: 'Ada', color: '#c2410c' };
const ada = { ...user, lastSeen: timestamp, connections: 1 };
const note = { id: 'm-41', userId: 'ada', userName: 'Ada', text: 'Door moved', kind: 'comment', timestamp };
const manifest = {
  properties: { title: 'Ground floor' },
  items: { door: { kind: 'door', transform: { position: { x: 2, y: 0, z: 1 } } } },
};
const documents = { notes: { version: 3, text: 'Ask about the door.' } };

/** One of each command, for the documents. */
export const commandExamples: { readonly [T in CommandType]: CommandOf<T> } = {
  join: {
    type: 'join',
    ref: 1,
    roomId,
    user,
    since: { epoch, version: 17, offset: 52 },
  },
  leave: { type: 'leave', ref: 2, roomId },
  select: { type: 'select', ref: 3, roomId, planetId: 'door' },
  unselect: { type: 'unselect', ref: 4, roomId, planetId: 'door' },
  join_viewer: { type: 'join_viewer', ref: 5, roomId, planetId: 'door' },
  leave_viewer: { type: 'leave_viewer', ref: 6, roomId, planetId: 'door' },
  camera: { type: 'camera', roomId, planetId: 'door', camera },
  heartbeat: { type: 'heartbeat', ts: timestamp },
  cursor: { type: 'cursor', roomId, position: [120, 48] },
  typing: { type: 'typing', roomId, isTyping: true, target: 'notes' },
  scroll: { type: 'scroll', roomId, position: { top: 640 } },
  sceneOperation: {
    type: 'sceneOperation',
    ref: 7,
    roomId,
    operations: [{ type: 'update', target: 'item', id: 'door', data: { position_x: 2.5 } }],
    version: 17,
    opId: 'ada-118',
  },
  requestSync: { type: 'requestSync', ref: 8, roomId, epoch, version: 17, offset: 52 },
  relay: {
    type: 'relay',
    ref: 12,
    roomId,
    event: 'blueprint_update',
    data: { door: { width: 0.9 } },
    operations: [{ type: 'update', target: 'item', id: 'door', data: { width: 0.9 } }],
    opId: 'ada-121',
  },
  analytics: { type: 'analytics', events: [{ type: 'page_view', page: '/dashboard' }] },
  message: { type: 'message', ref: 9, roomId, text: 'Door moved', opId: 'ada-119' },
  operation: {
    type: 'operation',
    ref: 10,
    roomId,
    documentId: 'notes',
    operation: [14, { d: 4 }, 'window'],
    version: 3,
    opId: 'ada-120',
  },
  auth: { type: 'auth', ref: 11, token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl' },
};

/** One of each message, for the documents. */
export const messageExamples: { readonly [T in MessageType]: MessageOf<T> } = {
  welcome: {
    type: 'welcome',
    connectionId,
    userId: 'ada',
    heartbeatMs: 30_000,
    heartbeatGraceMs: 90_000,
    tickMs: 16,
    limits: { MAX_MESSAGE_BYTES: limits.MAX_MESSAGE_BYTES, MAX_ROOM_USERS: limits.MAX_ROOM_USERS },
  },
  ack: { type: 'ack', op: 'join', ok: true, ref: 1, roomId, epoch, version: 18, offset: 53 },
  error: {
    type: 'error',
    op: 'select',
    ok: false,
    code: 'INVALID_FIELD',
    message: 'A field is missing, of the wrong type, too long, or not allowed; `path` names it.',
    ref: 3,
    path: 'planetId',
    expected: `1 to ${limits.MAX_ID_LENGTH} characters, none of them a control character`,
  },
  conflict: {
    type: 'conflict',
    roomId,
    planetId: 'door',
    lockedBy: 'grace',
    reason: 'locked',
    op: 'select',
    ref: 3,
  },
  presence: { type: 'presence', roomId, users: [ada] },
  selection_state: { type: 'selection_state', roomId, selected: { door: ['ada', 'grace'] } },
  viewer_cameras: { type: 'viewer_cameras', roomId, planetId: 'door', cameras: { ada: camera } },
  camera: { type: 'camera', roomId, userId: 'ada', connectionId, planetId: 'door', camera },
  cursor: { type: 'cursor', roomId, userId: 'ada', connectionId, position: [120, 48] },
  typing: { type: 'typing', roomId, userId: 'ada', connectionId, isTyping: true, target: 'notes' },
  scroll: { type: 'scroll', roomId, userId: 'ada', connectionId, position: { top: 640 } },
  sceneState: {
    type: 'sceneState',
    roomId,
    epoch,
    version: 17,
    offset: 52,
    manifest,
    documents,
    messages: [note],
  },
  sceneDelta: {
    type: 'sceneDelta',
    roomId,
    offset: 53,
    fromVersion: 17,
    toVersion: 18,
    operations: [{ type: 'update', target: 'item', id: 'door', data: { position_x: 2.5 } }],
  },
  syncResponse: { type: 'syncResponse', roomId, ref: 8, mode: 'current', epoch, version: 18, offset: 53 },
  message: { type: 'message', roomId, offset: 54, ...note },
  operation: {
    type: 'operation',
    roomId,
    offset: 55,
    documentId: 'notes',
    operation: [14, { d: 4 }, 'window'],
    version: 4,
    userId: 'ada',
    connectionId,
    opId: 'ada-120',
  },
  event: {
    type: 'event',
    roomId,
    offset: 56,
    id: 'e-9',
    event: 'blueprint_update',
    data: { door: { width: 0.9 } },
    userId: 'ada',
    connectionId,
    timestamp,
  },
  notification: { type: 'notification', id: 'n-3', data: { text: 'Grace shared a plan' }, timestamp },
  auth_expiring: { type: 'auth_expiring', expiresAt: timestamp, inMs: 60_000 },
};
