import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { decodeSocketPacket, type SocketPacket } from '../../../server/dialect/framings/socket-io.ts';
import type { Incomplete } from '../../../server/dialect/framings/socket-io-binary.ts';
import {
  encodeAck,
  encodeBinaryAck,
  encodeBinaryEvent,
  encodeEvent,
} from '../../../server/dialect/framings/socket-io-encode.ts';
import { violationOf } from './violation.ts';

const limits = { maxAttachments: 10, maxAttachmentBytes: 1000 };

/** What comes of the last of these; those before it must not be complete packets. */
function decode(...frames: readonly (string | Uint8Array)[]): SocketPacket | Incomplete | undefined {
  let last: SocketPacket | Incomplete | undefined;
  for (const frame of frames) {
    if (last !== undefined && last.type !== 'incomplete') throw new Error('a packet came too early');
    last = decodeSocketPacket(frame, last, limits);
  }
  return last;
}
const codeOf = (...frames: readonly (string | Uint8Array)[]) => violationOf(() => decode(...frames));

const hole = (num: unknown) => JSON.stringify({ _placeholder: true, num });
const bytes = (...values: number[]) => new Uint8Array(values);
const [first, second] = [bytes(1, 2, 3), bytes(4, 5)];

t.test('packets with attachments, both ways', async (t) => {
  const event = { type: 'event', namespace: '/', id: undefined };
  t.strictSame(decode(`51-["baz",${hole(0)}]`, first), { ...event, data: ['baz', first] });
  t.strictSame(encodeBinaryEvent('/', 'baz', [first]), ['451-["baz",{"_placeholder":true,"num":0}]', first]);

  const two = `52-/admin,12["baz",{"a":[${hole(0)}]},${hole(1)}]`;
  const data = ['baz', { a: [first] }, second];
  t.strictSame(decode(two, first, second), { type: 'event', namespace: '/admin', id: 12, data });
  t.strictSame(encodeBinaryEvent('/admin', 'baz', [{ a: [first] }, second], 12), [`4${two}`, first, second]);

  const ack = `61-15["bar",${hole(0)}]`;
  t.strictSame(decode(ack, first), { type: 'ack', namespace: '/', id: 15, data: ['bar', first] });
  t.strictSame(encodeBinaryAck('/', 15, ['bar', first]), [`4${ack}`, first]);
  t.strictSame(decode(`61-/admin,0[${hole(0)}]`, bytes()), {
    type: 'ack',
    namespace: '/admin',
    id: 0,
    data: [bytes()],
  });
});

t.test('attachments go where their numbers say', async (t) => {
  const packet = decode(`52-["a",${hole(1)},${hole(0)}]`, first, second);
  t.strictSame(packet, { type: 'event', namespace: '/', id: undefined, data: ['a', second, first] });
  const more = decode(`51-["a",{"_placeholder":true,"num":0,"more":1}]`, first);
  t.strictSame(more, { type: 'event', namespace: '/', id: undefined, data: ['a', first] });
  t.hasStrict(decode(`2["a",${hole(0)}]`), { data: ['a', { num: 0 }] }, 'only in binary packets');
});

t.test('an attachment is a copy', async (t) => {
  const frame = Buffer.from([1, 2, 3, 4]);
  const packet = decode(`51-["a",${hole(0)}]`, frame.subarray(1, 3));
  frame.fill(0);
  t.strictSame(packet, { type: 'event', namespace: '/', id: undefined, data: ['a', bytes(2, 3)] });
});

t.test('a packet waits until it has all attachments', async (t) => {
  const text = `53-["a",${[0, 1, 2].map(hole).join()}]`;
  t.hasStrict(decode(text), { type: 'incomplete', received: 0, receivedBytes: 0 });
  t.hasStrict(decode(text, first, second), { type: 'incomplete', received: 2, receivedBytes: 5 });
  t.equal(codeOf(text, '2["b"]'), 'UNEXPECTED_TEXT');
  t.equal(codeOf(text, first, text), 'UNEXPECTED_TEXT');
  t.equal(codeOf(first), 'UNEXPECTED_BINARY');
});

t.test('attachments are few and small', async (t) => {
  const announced = (count: number) =>
    `5${count}-["a",${Array.from({ length: count }, (_, num) => hole(num)).join()}]`;
  t.equal(codeOf(announced(10)), undefined);
  t.equal(codeOf(announced(11)), 'TOO_MANY_ATTACHMENTS');
  t.equal(codeOf(announced(2), new Uint8Array(500), new Uint8Array(500)), undefined);
  t.equal(codeOf(announced(2), new Uint8Array(500), new Uint8Array(501)), 'ATTACHMENTS_TOO_LARGE');
  t.equal(codeOf(announced(2), new Uint8Array(1001)), 'ATTACHMENTS_TOO_LARGE');
});

t.test('counts of attachments', async (t) => {
  for (const count of ['11', '1000000000', '2147483648', '18446744073709551617', '9'.repeat(400)]) {
    t.equal(codeOf(`5${count}-["a",${hole(0)}]`), 'TOO_MANY_ATTACHMENTS', count.slice(0, 20));
    t.equal(codeOf(`6${count}-1[${hole(0)}]`), 'TOO_MANY_ATTACHMENTS', count.slice(0, 20));
  }
  for (const count of ['', '0', '-1', '--1', '+1', '1.0', '1e0', '0x1', ' 1', '1 ', '٣', 'a', '/admin,']) {
    t.equal(codeOf(`5${count}-["a",${hole(0)}]`), 'INVALID_ATTACHMENT_COUNT', count);
  }
  for (const text of [
    '5',
    '6',
    '51',
    '5-',
    '51["a"]',
    '5["a"]',
    '5/admin,1-["a"]',
    `5${'9'.repeat(100_000)}`,
  ]) {
    t.equal(codeOf(text), 'INVALID_ATTACHMENT_COUNT', text.slice(0, 20));
  }
});

t.test('placeholders stand for each attachment once', async (t) => {
  const faults = {
    none: '51-["a"]',
    'fewer than announced': `52-["a",${hole(0)}]`,
    more: `51-["a",${hole(0)},${hole(1)}]`,
    'one twice': `52-["a",${hole(0)},${hole(0)}]`,
    'one twice, and all': `51-["a",${hole(0)},${hole(0)}]`,
    'out of range': `51-["a",${hole(1)}]`,
    'far out of range': `51-["a",${hole(2 ** 32)}]`,
    negative: `51-["a",${hole(-1)}]`,
    'not whole': `51-["a",${hole(0.5)}]`,
    text: `51-["a",${hole('0')}]`,
    'a name': `51-["a",${hole('length')}]`,
    null: `51-["a",${hole(null)}]`,
    missing: '51-["a",{"_placeholder":true}]',
    'not true': '51-["a",{"_placeholder":1,"num":0}]',
    'within another': `52-["a",{"_placeholder":true,"num":0,"in":${hole(1)}}]`,
  };
  for (const [title, text] of Object.entries(faults)) t.equal(codeOf(text), 'INVALID_PLACEHOLDER', title);
  t.equal(codeOf(`51-[${hole(0)}]`), 'INVALID_PAYLOAD', 'as the name');
  t.equal(codeOf(`51-["connect",${hole(0)}]`), 'RESERVED_EVENT');
  t.equal(codeOf(`51-{"a":${hole(0)}}`), 'INVALID_PAYLOAD');
  t.equal(codeOf(`61-[${hole(0)}]`), 'INVALID_ACK_ID');
});

t.test('keys that mean something to JavaScript are keys', async (t) => {
  for (const key of ['__proto__', 'constructor', 'toString', 'length']) {
    const packet = decode(`51-["a",{"${key}":${hole(0)}}]`, first) as SocketPacket & { data: unknown[] };
    const given = packet.data[1] as object;
    t.strictSame(Object.entries(given), [[key, first]], key);
    t.equal(Object.getPrototypeOf(given), Object.prototype);
    const back = encodeBinaryEvent('/', 'a', [given]);
    t.strictSame(back, [`451-["a",{"${key}":${hole(0)}}]`, first]);
  }
});

t.test('deep data', async (t) => {
  const nested = (levels: number, inner: string) => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`;
  t.equal(codeOf(`51-["a",${nested(20_000, hole(0))}]`, first), undefined);
  t.equal(codeOf(`51-["a",${nested(20_000, '')}]`), 'INVALID_PLACEHOLDER');
  const within = JSON.parse(nested(998, '1'));
  t.equal(encodeBinaryEvent('/', 'a', [within])[0], `42["a",${nested(998, '1')}]`);
  t.throws(() => encodeBinaryEvent('/', 'a', [JSON.parse(nested(20_000, '1'))]), RangeError);
  const circle: unknown[] = [];
  circle.push(circle);
  t.throws(() => encodeBinaryEvent('/', 'a', [circle]), RangeError);
});

t.test('what is written without binary, or with too much', async (t) => {
  const args = [{ at: new Date(0), not: undefined, list: [undefined] }, null, 'é'];
  t.strictSame(encodeBinaryEvent('/scenes', 'a', args, 3), [encodeEvent('/scenes', 'a', args, 3)]);
  t.strictSame(encodeBinaryAck('/scenes', 3, args), [encodeAck('/scenes', 3, args)]);
  t.throws(() => encodeBinaryEvent('/', 'disconnect', [first]), TypeError);
  t.equal(encodeBinaryEvent('/', 'a', Array(10).fill(first)).length, 11);
  t.throws(() => encodeBinaryEvent('/', 'a', Array(11).fill(first)), RangeError);
  const forged = { _placeholder: true, num: 0 };
  t.throws(() => encodeBinaryEvent('/', 'a', [forged, first]), TypeError);
  t.strictSame(encodeBinaryEvent('/', 'a', [forged]), [`42["a",${hole(0)}]`]);
});

t.test('every kind of binary is its bytes', async (t) => {
  const { buffer } = bytes(0, 1, 2, 3);
  const kinds = [buffer, Buffer.from(buffer), new Uint16Array(buffer), new DataView(buffer, 1, 2)];
  const [, ...attachments] = encodeBinaryEvent('/', 'a', kinds);
  t.strictSame(
    attachments.map((one) => [...one]),
    [
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [1, 2],
    ],
  );
});

t.test('any frames are packets or a violation', async () => {
  const frames = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 600 }),
    fc.constantFrom(`51-["a",${hole(0)}]`, `52-3["a",${hole(1)},{"b":${hole(0)}}]`, '2["a"]', '0'),
  );
  fc.assert(
    fc.property(fc.array(frames), (all) => {
      let incomplete: Incomplete | undefined;
      for (const frame of all) {
        let next: SocketPacket | Incomplete | undefined;
        const before = incomplete;
        const code = violationOf(() => {
          next = decodeSocketPacket(frame, before, limits);
        });
        // The connection ends with the first violation.
        if (code !== undefined || next === undefined) return next === undefined;
        const isExpected = (typeof frame !== 'string') === (before !== undefined);
        if (!isExpected) return false;
        incomplete = next.type === 'incomplete' ? next : undefined;
        if (next.type === 'incomplete' && next.receivedBytes > limits.maxAttachmentBytes) return false;
      }
      return true;
    }),
    { numRuns: 5000, seed: 5 },
  );
});

t.test('what is written can be read', async () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.uint8Array({ maxLength: 20 }),
      fc.jsonValue({ maxDepth: 1 }).map((json) => JSON.parse(JSON.stringify(json))),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), fc.option(fc.maxSafeNat()), (args, id) => {
      let frames: (string | Uint8Array)[];
      try {
        frames = encodeBinaryEvent('/scenes', 'a', args, id ?? undefined);
      } catch (error) {
        return error instanceof RangeError && error.message === 'Too many attachments';
      }
      const packet = decode((frames[0] as string).slice(1), ...frames.slice(1));
      const expected = { type: 'event', namespace: '/scenes', id: id ?? undefined, data: ['a', ...args] };
      return isDeepStrictEqual(packet, expected);
    }),
    { numRuns: 2000, seed: 6 },
  );
});
