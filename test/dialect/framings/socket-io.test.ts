import t from 'tap';
import { decodeSocketPacket } from '../../../server/dialect/framings/socket-io.ts';
import {
  encodeAck,
  encodeConnect,
  encodeConnectError,
  encodeDisconnect,
  encodeEvent,
  isReservedEvent,
} from '../../../server/dialect/framings/socket-io-encode.ts';
import { violationOf } from './violation.ts';

const limits = { maxAttachments: 10, maxAttachmentBytes: 1000 };
const decode = (text: string) => decodeSocketPacket(text, undefined, limits);
const codeOf = (text: string) => violationOf(() => decode(text));

t.test('packets as they are read', async (t) => {
  const connect = { type: 'connect', data: undefined };
  const event = { type: 'event', namespace: '/', id: undefined };
  const vectors = {
    '0': { ...connect, namespace: '/' },
    '0{"token":"123"}': { ...connect, namespace: '/', data: { token: '123' } },
    '0/admin,': { ...connect, namespace: '/admin' },
    '0/admin': { ...connect, namespace: '/admin' },
    '0/admin,{"sid":"oSO0OpakMV_3jnilAAAA"}': {
      ...connect,
      namespace: '/admin',
      data: { sid: 'oSO0OpakMV_3jnilAAAA' },
    },
    '0/,': { ...connect, namespace: '/' },
    '1': { type: 'disconnect', namespace: '/' },
    '1/admin,': { type: 'disconnect', namespace: '/admin' },
    '1/admin': { type: 'disconnect', namespace: '/admin' },
    '2["foo"]': { ...event, data: ['foo'] },
    '2/admin,["bar",{"a":[1]}]': { ...event, namespace: '/admin', data: ['bar', { a: [1] }] },
    '212["foo"]': { ...event, id: 12, data: ['foo'] },
    '20["foo"]': { ...event, id: 0, data: ['foo'] },
    '2/admin,12["foo"]': { ...event, namespace: '/admin', id: 12, data: ['foo'] },
    '2[7,"seven"]': { ...event, data: [7, 'seven'] },
    '2[""]': { ...event, data: [''] },
    '2["é😀\\u0000"]': { ...event, data: ['é😀\0'] },
    '3/admin,13["bar"]': { type: 'ack', namespace: '/admin', id: 13, data: ['bar'] },
    '37[]': { type: 'ack', namespace: '/', id: 7, data: [] },
    '4{"message":"Not authorized"}': {
      type: 'connect_error',
      namespace: '/',
      data: { message: 'Not authorized' },
    },
    '4/admin,"Invalid namespace"': {
      type: 'connect_error',
      namespace: '/admin',
      data: 'Invalid namespace',
    },
  };
  for (const [text, packet] of Object.entries(vectors)) t.strictSame(decode(text), packet, text);
});

t.test('packets as they are written', async (t) => {
  t.equal(encodeConnect('/'), '40');
  t.equal(encodeConnect('/', { sid: 'wZX3oN0bSVIhsaknAAAI' }), '40{"sid":"wZX3oN0bSVIhsaknAAAI"}');
  t.equal(encodeConnect('/admin', { sid: 'a' }), '40/admin,{"sid":"a"}');
  t.equal(
    encodeConnectError('/random', { message: 'Invalid namespace' }),
    '44/random,{"message":"Invalid namespace"}',
  );
  t.equal(
    encodeConnectError('/', { message: 'no', data: { code: 'TOKEN_EXPIRED' } }),
    '44{"message":"no","data":{"code":"TOKEN_EXPIRED"}}',
  );
  t.equal(encodeDisconnect('/'), '41');
  t.equal(encodeDisconnect('/admin'), '41/admin,');
  t.equal(encodeEvent('/', 'hey', ['Jude']), '42["hey","Jude"]');
  t.equal(encodeEvent('/scenes', 'cursor', [{ x: 1 }, null]), '42/scenes,["cursor",{"x":1},null]');
  t.equal(encodeEvent('/', 'foo', []), '42["foo"]');
  t.equal(encodeEvent('/', 'foo', [], 0), '420["foo"]');
  t.equal(encodeEvent('/scenes', 'foo', ['\x1e\ud800'], 12), '42/scenes,12["foo","\\u001e\\ud800"]');
  t.equal(encodeAck('/', 0, []), '430[]');
  t.equal(encodeAck('/admin', 13, ['bar']), '43/admin,13["bar"]');
});

t.test('the namespace and the keys stand as they came', async (t) => {
  const asked = decode('0/scenes?token=x,{"a":1}');
  t.strictSame(asked, { type: 'connect', namespace: '/scenes?token=x', data: { a: 1 } });
  t.strictSame(decode('0/__proto__,'), { type: 'connect', namespace: '/__proto__', data: undefined });
  t.strictSame(
    decode('0/a{"b":1}'),
    { type: 'connect', namespace: '/a{"b":1}', data: undefined },
    'no comma',
  );
  t.strictSame(decode('2["__proto__"]'), {
    type: 'event',
    namespace: '/',
    id: undefined,
    data: ['__proto__'],
  });
  const { data } = decode('0{"__proto__":{"admin":true}}') as { data: Record<string, unknown> };
  t.strictSame(Object.keys(data), ['__proto__']);
  t.equal(data.admin, undefined);
  t.equal(({} as Record<string, unknown>).admin, undefined);
});

t.test('reserved names', async (t) => {
  const names = ['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener'];
  for (const name of names) {
    t.ok(isReservedEvent(name));
    t.equal(codeOf(JSON.stringify([name]).replace('[', '2[')), 'RESERVED_EVENT', name);
    t.throws(() => encodeEvent('/', name, []), TypeError, name);
  }
  for (const name of ['connected', 'Connect', 'error', 'toString', 0]) t.notOk(isReservedEvent(name));
  t.equal(codeOf('2["\\u0063onnect"]'), 'RESERVED_EVENT', 'escaped');
});

t.test('what is no packet', async (t) => {
  const hostile = {
    UNKNOWN_SOCKET_PACKET: [
      '',
      ' ',
      ' {}',
      '7',
      '9',
      '-1',
      'a',
      '[',
      '{}',
      '/admin,',
      '"0"',
      '٢["a"]',
      'abc',
    ],
    INVALID_ACK_ID: [
      '29007199254740992["a"]',
      `2${'9'.repeat(400)}["a"]`,
      `2/scenes,${'9'.repeat(100_000)}["a"]`,
      '3["a"]',
      '3',
      '3/admin,["a"]',
      '01{}',
      '0/admin,1{}',
      '11',
      '41{"message":"no"}',
    ],
    INVALID_PAYLOAD: [
      // Missing, or of another type
      '2',
      '2/admin,',
      '2/admin["a"]',
      '212',
      '31',
      '4',
      '0[]',
      '0""',
      '0null',
      '0true',
      '1{}',
      '1/admin,[]',
      '2{}',
      '2"a"',
      '2[]',
      '2[null]',
      '2[{}]',
      '2[["a"]]',
      '2[true]',
      '31{}',
      '4[]',
      '4null',
      // Malformed
      '0{',
      '2["a"',
      "2['a']",
      '2["a"]]',
      '2["a"]x',
      '2["a"]2["b"]',
      '2["a",]',
      '2["a",NaN]',
      '2["a",undefined]',
      '2["a\u0000"]',
      '2/admin["a","b"]',
      // Between the parts
      '2 ["a"]',
      '21 ["a"]',
      '2 1["a"]',
      '2-1["a"]',
      '2+1["a"]',
      '21.5["a"]',
      '21e3["a"]',
      '2abc["a"]',
      '2,["a"]',
      '2admin,["a"]',
      '21-["a"]',
      '2١["a"]',
      '2\ufeff["a"]',
    ],
  };
  for (const [code, texts] of Object.entries(hostile)) {
    for (const text of texts) t.equal(codeOf(text), code, JSON.stringify(text.slice(0, 40)));
  }
});

t.test('the largest id and the deepest data', async (t) => {
  t.hasStrict(decode('29007199254740991["a"]'), { id: Number.MAX_SAFE_INTEGER });
  t.hasStrict(decode('2007["a"]'), { id: 7 });
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  t.equal(codeOf(`2["a",${deep}]`), undefined);
  t.equal(codeOf(`2["a",${deep.slice(1)}]`), 'INVALID_PAYLOAD');
  t.equal(codeOf(`0${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`), undefined);
});
