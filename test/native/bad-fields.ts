import type { CommandType } from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';

/** A valid command of every type, with every field that it can have. */
export const valid: Readonly<Record<CommandType, Message>> = {
  join: {
    roomId: 'room',
    userId: 'ada',
    user: { userId: 'ada', id: 'ada', name: 'Ada' },
    scene: true,
    since: { epoch: 'e', version: 0, offset: 0 },
  },
  leave: { roomId: 'room', userId: 'ada' },
  select: { roomId: 'room', userId: 'ada', planetId: 'p' },
  unselect: { roomId: 'room', userId: 'ada', planetId: 'p' },
  join_viewer: { roomId: 'room', userId: 'ada', planetId: 'p' },
  leave_viewer: { roomId: 'room', userId: 'ada', planetId: 'p' },
  camera: {
    roomId: 'room',
    userId: 'ada',
    planetId: 'p',
    camera: {
      position: [1, 2, 3],
      target: { x: 1, y: 2, z: 3 },
      quaternion: [0, 0, 0, 1],
      rotation: [1, 2, 3],
      up: [0, 1, 0],
      zoom: 1,
      fov: 60,
    },
  },
  heartbeat: { roomId: 'room', userId: 'ada', ts: 1 },
  cursor: { roomId: 'room', userId: 'ada', position: [1, 2], target: 't' },
  typing: { roomId: 'room', userId: 'ada', isTyping: true, target: 't' },
  scroll: { roomId: 'room', userId: 'ada', position: 1, target: 't' },
  sceneOperation: {
    roomId: 'room',
    userId: 'ada',
    operation: { type: 'add', target: 'item', id: 'i', data: { a: 1 } },
    version: 0,
    opId: 'o',
  },
  requestSync: { roomId: 'room', userId: 'ada', epoch: 'e', version: 0, offset: 0, documentId: 'd' },
  relay: {
    roomId: 'room',
    userId: 'ada',
    event: 'e',
    data: { a: 1 },
    operations: [{ type: 'update', target: 'item', id: 'i', data: { a: 1 } }],
    toAll: true,
    opId: 'o',
  },
  message: { roomId: 'room', userId: 'ada', text: 'x', kind: 'k', metadata: { a: 1 }, opId: 'o' },
  operation: { roomId: 'room', userId: 'ada', documentId: 'd', operation: ['x'], version: 0, opId: 'o' },
  analytics: { events: [{ type: 'e' }] },
  auth: { token: 'x' },
};

export const required: Readonly<Record<CommandType, readonly string[]>> = {
  join: ['roomId'],
  leave: [],
  select: ['planetId'],
  unselect: ['planetId'],
  join_viewer: ['planetId'],
  leave_viewer: ['planetId'],
  camera: ['planetId', 'camera'],
  heartbeat: [],
  cursor: [],
  typing: ['isTyping'],
  scroll: ['position'],
  sceneOperation: ['operation'],
  requestSync: [],
  relay: ['event', 'data'],
  message: ['text'],
  operation: ['documentId', 'operation', 'version'],
  analytics: ['events'],
  auth: ['token'],
};

const controls = ['\u0000', '\n', '\t', '\u001f', '\u007f', '\u0080', '\u009f'].map((one) => `a${one}b`);
const ids = [null, 7, true, [], ['a'], {}, '', 'x'.repeat(201), ...controls];
const versions = [null, '1', true, [], {}, -1, 1.5, 2 ** 53, 1e300];
const objects = [null, 'x', 7, true, [], [1]];
const numbers = [null, '1', true, [], {}];
const vectors = [
  null,
  'x',
  7,
  true,
  [],
  [1],
  [1, 2, 3, 4, 5],
  ['1', '2'],
  [1, null],
  {},
  { x: 1 },
  { x: 1, y: '2' },
];
const texts = (longest: number) => [null, 7, true, [], {}, '', 'x'.repeat(longest + 1)];
const words = (...allowed: string[]) => [null, 7, '', [], {}, ...allowed.map((one) => one.toUpperCase())];

/** Wrong values by the path of a field, whichever command has it. */
const wrong: Readonly<Record<string, readonly unknown[]>> = {
  events: [null, 'x', 7, true, {}],
  ref: [null, true, [], {}, '', 1.5, 'x'.repeat(201), 'a\nb', '\u0000'],
  roomId: ids,
  userId: ids,
  planetId: ids,
  documentId: ids,
  opId: ids,
  target: ids,
  epoch: ids,
  version: versions,
  offset: versions,
  user: objects,
  'user.userId': ids,
  'user.id': ids,
  'user.name': [null, 7, true, [], {}, 'x'.repeat(201)],
  scene: [null, 'true', 1, [], {}],
  since: objects,
  'since.epoch': ids,
  'since.version': versions,
  'since.offset': versions,
  camera: objects,
  'camera.position': vectors,
  'camera.target': vectors,
  'camera.quaternion': vectors,
  'camera.rotation': vectors,
  'camera.up': vectors,
  'camera.zoom': numbers,
  'camera.fov': numbers,
  ts: numbers,
  isTyping: [null, 'true', 1, [], {}],
  text: texts(8192),
  kind: texts(64),
  metadata: objects,
  token: texts(8192),
};

/** Fields that mean something else in one command than in the others. */
const own: Partial<Record<CommandType, Readonly<Record<string, readonly unknown[]>>>> = {
  cursor: { position: ['x', 7, true, [], [1], [1, 2, 3, 4, 5], ['1', '2']] },
  sceneOperation: {
    operation: [...objects],
    'operation.type': words('add', 'update', 'remove'),
    'operation.target': words('scene', 'item'),
    'operation.id': ids,
    'operation.data': objects,
  },
  relay: {
    event: [...texts(64), 'a\u0000b'],
    operations: [null, 'x', 7, true, {}, [], Array.from({ length: 101 }, () => ({}))],
    toAll: [null, 'true', 1, [], {}],
  },
  operation: { operation: [null, 'x', 7, true, {}, Array.from({ length: 1001 }, () => 'x')] },
};

function get(message: Message, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Message | undefined)?.[key], message);
}

function withValue(message: Message, path: readonly string[], value: unknown): Message {
  const copy = structuredClone(message);
  const parent = get(copy, path.slice(0, -1)) as Message;
  parent[path.at(-1) as string] = value;
  return copy;
}

export interface BadField {
  readonly type: CommandType;
  readonly path: string;
  readonly command: Message;
}

/** Every command with every required field missing, and with every field as it must not be. */
export function badFields(): BadField[] {
  return (Object.keys(valid) as CommandType[]).flatMap((type) => {
    const command: Message = { type, ...valid[type] };
    const missing = required[type].map((path) => {
      const { [path]: _, ...rest } = command;
      return { type, path, command: rest };
    });
    const mistaken = Object.entries({ ...wrong, ...own[type] }).flatMap(([path, values]) => {
      const keys = path.split('.');
      if (path !== 'ref' && get(command, keys) === undefined) return [];
      return values.map((value) => ({ type, path, command: withValue(command, keys, value) }));
    });
    return [...missing, ...mistaken];
  });
}
