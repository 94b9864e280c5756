import type { ErrorCode } from '../../protocol/index.ts';

/** A frame that no client should send, and how it is answered. */
export interface BadFrame {
  readonly name: string;
  readonly frame: string | Uint8Array;
  readonly binary?: true;
  readonly code: ErrorCode;
  readonly path?: string;
  readonly expects?: true;
  /** What the answer must show as it is. */
  readonly has?: Readonly<Record<string, unknown>>;
}

const utf8 = (text: string) => new TextEncoder().encode(text);
const bad = (name: string, code: ErrorCode, frame: string | Uint8Array, more: Partial<BadFrame> = {}) =>
  ({ name, code, frame, ...more }) satisfies BadFrame;

const notJson = [
  '',
  ' ',
  'hello',
  '{',
  '{"type":"heartbeat"',
  '{"type":"heartbeat"}}',
  "{'type':'heartbeat'}",
  '{"type":"heartbeat",}',
  '{type:"heartbeat"}',
  'undefined',
  'NaN',
  '{"type":"heartbeat","ts":NaN}',
  '{"type":"heartbeat","ts":Infinity}',
  '{"type":"heartbeat","ts":01}',
  '{"type":"heartbeat","ts":0x10}',
  '{"type":"heartbeat"}\u0000',
  '{"type":"heart\nbeat"}',
  '{"type":"heartbeat"} // comment',
  '\\u007b}',
  '42["join",{}]',
].map((text) => bad(`not JSON: ${JSON.stringify(text)}`, 'NOT_JSON', text, { expects: true }));

const invalidUtf8 = [
  [0x7b, 0x22, 0xff, 0x22, 0x7d],
  [0xc3, 0x28],
  [0xed, 0xa0, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [...utf8('{"type":"heartbeat","ref":"'), 0xc0, 0xaf, ...utf8('"}')],
].map((bytes) => bad(`invalid UTF-8: ${bytes.slice(0, 5)}`, 'NOT_JSON', new Uint8Array(bytes)));

const notObjects = [
  '[]',
  '[{"type":"heartbeat"}]',
  '"heartbeat"',
  '0',
  '-1.5e3',
  'null',
  'true',
  'false',
].map((text) => bad(`not an object: ${text}`, 'NOT_AN_OBJECT', text, { expects: true }));

const unknownTypes = [
  'nonsense',
  '',
  'JOIN',
  'join ',
  'constructor',
  '__proto__',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '\u0000',
  'ack',
  'presence',
  'welcome',
  'x'.repeat(5000),
].map((type) =>
  bad(
    `unknown type: ${JSON.stringify(type).slice(0, 30)}`,
    'UNKNOWN_TYPE',
    JSON.stringify({ type, ref: 'r' }),
    {
      path: 'type',
      has: { ref: 'r', ...(type.length <= 200 ? { op: type } : {}) },
    },
  ),
);

const typesOfNoType = [
  '{}',
  ...['null', '1', 'true', '[]', '["join"]', '{"a":1}'].map((type) => `{"type":${type}}`),
].map((text) => bad(`type is none: ${text}`, 'INVALID_FIELD', text, { path: 'type', expects: true }));

function nested(levels: number, [open, close]: readonly [string, string], core = ''): string {
  return open.repeat(levels) + core + close.repeat(levels);
}

const array = ['[', ']'] as const;
const object = ['{"a":', '}'] as const;
const tooDeep = [
  ...[array, object].flatMap((form) =>
    [32, 33, 100, 20_000 / form[0].length].map((levels) => ({ form, levels: Math.floor(levels) })),
  ),
].map(({ form, levels }) =>
  // The message itself is the first level.
  bad(
    `${levels} levels of ${form[0]}`,
    'TOO_DEEP',
    `{"type":"heartbeat","deep":${nested(levels, form, form === object ? '{}' : '')}}`,
    { has: { limit: 32, op: 'heartbeat' } },
  ),
);

const bareDepth = [
  bad('20,000 arrays, bare', 'TOO_DEEP', nested(20_000, array)),
  bad('30,000 arrays, bare', 'TOO_DEEP', nested(30_000, array)),
  bad('20,000 arrays, unclosed', 'NOT_JSON', '['.repeat(20_000)),
];

const reservedKeys = ['__proto__', 'constructor', 'prototype'];
const spellings = (key: string) => [
  key,
  [...key].map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  key.replace('o', '\\u006f'),
];
const forbiddenKeys = reservedKeys.flatMap((key) =>
  spellings(key).flatMap((spelt) => [
    forbidden(`{"type":"heartbeat","${spelt}":{"admin":true}}`, key),
    forbidden(`{"type":"heartbeat","a":{"${spelt}":1}}`, `a.${key}`),
    forbidden(`{"type":"heartbeat","a":[0,[{"${spelt}":null}]]}`, `a[1][0].${key}`),
    forbidden(
      `{"type":"sceneOperation","operation":{"type":"add","target":"item","id":"x","data":{"${spelt}":{}}}}`,
      `operation.data.${key}`,
    ),
    forbidden(`{"type":"join","roomId":"room","user":{"userId":"ada","${spelt}":{"a":1}}}`, `user.${key}`),
    forbidden(
      `{"type":"heartbeat",${'"a":{'.repeat(30)}"${spelt}":1${'}'.repeat(30)}}`,
      `${'a.'.repeat(30)}${key}`,
    ),
  ]),
);

function forbidden(frame: string, path: string): BadFrame {
  return bad(`key ${path.slice(-30)} in ${frame.slice(0, 60)}`, 'FORBIDDEN_KEY', frame, { path });
}

const infinite = ['1e999', '-1e999', '1e400', `${'9'.repeat(400)}`].flatMap((number) => [
  bad(`number ${number.slice(0, 8)} in ts`, 'INVALID_FIELD', `{"type":"heartbeat","ts":${number}}`, {
    path: 'ts',
    expects: true,
  }),
  bad(
    `number ${number.slice(0, 8)} in an unknown field`,
    'INVALID_FIELD',
    `{"type":"heartbeat","a":[{"b":${number}}]}`,
    {
      path: 'a[0].b',
      expects: true,
    },
  ),
  bad(`number ${number.slice(0, 8)} alone`, 'INVALID_FIELD', number),
]);

const binary = ['{"type":"heartbeat"}', '', '\u0000\u0001', 'x'.repeat(1000)].map((text) =>
  bad(`binary: ${JSON.stringify(text).slice(0, 30)}`, 'BINARY_FRAME', utf8(text), {
    binary: true,
    expects: true,
  }),
);

const LIMIT = 64 * 1024;
const padded = (bytes: number, text = 'x') => {
  const head = '{"type":"heartbeat","padding":"';
  const room = bytes - head.length - 2;
  return `${head}${text.repeat(Math.floor(room / utf8(text).length))}${'y'.repeat(room % utf8(text).length)}"}`;
};
const tooLarge = [
  bad('one byte over 64 KiB', 'MESSAGE_TOO_LARGE', padded(LIMIT + 1), { has: { limit: LIMIT } }),
  bad('fewer characters, more bytes', 'MESSAGE_TOO_LARGE', padded(LIMIT + 1, '€'), { has: { limit: LIMIT } }),
  bad('1 MB', 'MESSAGE_TOO_LARGE', padded(1024 * 1024), { has: { limit: LIMIT } }),
  bad('binary and large', 'MESSAGE_TOO_LARGE', new Uint8Array(LIMIT + 1), { binary: true }),
  bad('not JSON and large', 'MESSAGE_TOO_LARGE', '['.repeat(LIMIT + 1)),
];

/** Frames that are just within the bounds and are taken. */
export const goodFrames: readonly string[] = [
  padded(LIMIT),
  padded(LIMIT, '€'),
  `{"type":"heartbeat","deep":${nested(31, array)}}`,
  `{"type":"heartbeat","deep":${nested(30, object, '{}')}}`,
  '{"type":"heartbeat","ts":1e308,"proto":1,"__proto":2,"Constructor":3,"values":["__proto__","constructor"]}',
  ' \n{"\\u0074ype":"heart\\u0062eat"}\t ',
  '{"type":"join","type":"heartbeat"}',
];

/** Bytes that a WebSocket may not carry in a text frame at all: it is closed with 1007 (RFC 6455, 8.1). */
export const invalidText = invalidUtf8;

export const badFrames: readonly BadFrame[] = [
  ...notJson,
  ...invalidUtf8,
  ...notObjects,
  ...unknownTypes,
  ...typesOfNoType,
  ...tooDeep,
  ...bareDepth,
  ...forbiddenKeys,
  ...infinite,
  ...binary,
  ...tooLarge,
];
