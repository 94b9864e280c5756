import { isDeepStrictEqual } from 'node:util';
import { decodePayload as theirDecode, encodePayload as theirEncode } from 'engine.io-parser';
import fc from 'fast-check';
import t from 'tap';
import { encodeEnginePacket } from '../../../server/dialect/framings/engine-io.ts';
import { decodePayload, encodePayload } from '../../../server/dialect/framings/engine-io-payload.ts';
import { anyEnginePacket, asOfficial } from './engine-packets.ts';
import { violationOf } from './violation.ts';

const limits = { maxPayloadBytes: 1000, maxPackets: 10 };

t.test('payloads, both ways', async (t) => {
  const bytes = Buffer.from([1, 2, 3, 4]);
  t.strictSame(decodePayload('4hello\x1e2\x1e4world', limits), [
    { type: 'message', data: 'hello' },
    { type: 'ping', data: '' },
    { type: 'message', data: 'world' },
  ]);
  t.equal(encodePayload(['4hello', '2', '4world']), '4hello\x1e2\x1e4world');
  t.strictSame(decodePayload('4hello\x1ebAQIDBA==', limits), [
    { type: 'message', data: 'hello' },
    { type: 'message', data: bytes },
  ]);
  t.equal(encodePayload(['4hello', bytes]), '4hello\x1ebAQIDBA==');
  t.strictSame(decodePayload('1', limits), [{ type: 'close', data: '' }]);
  t.equal(encodePayload(['6']), '6');
  t.equal(
    encodePayload(['40{"sid":"wZX3oN0bSVIhsaknAAAI"}', '42["hey","Jude"]']),
    '40{"sid":"wZX3oN0bSVIhsaknAAAI"}\x1e42["hey","Jude"]',
  );
});

t.test('a payload is as large as it may be, and no larger', async (t) => {
  const codeOf = (body: string) => violationOf(() => decodePayload(body, limits));
  t.equal(codeOf(`4${'x'.repeat(999)}`), undefined);
  t.equal(codeOf(`4${'x'.repeat(1000)}`), 'PAYLOAD_TOO_LARGE');
  t.equal(codeOf(`4${'€'.repeat(333)}`), undefined);
  t.equal(codeOf(`4${'€'.repeat(334)}`), 'PAYLOAD_TOO_LARGE', 'bytes count, not characters');
  t.equal(codeOf(Array(10).fill('3').join('\x1e')), undefined);
  t.equal(codeOf(Array(11).fill('3').join('\x1e')), 'TOO_MANY_PACKETS');
  t.equal(codeOf('\x1e'.repeat(1000)), 'TOO_MANY_PACKETS', 'before the packets are looked at');
});

t.test('one violation refuses all of the payload', async (t) => {
  const codeOf = (body: string) => violationOf(() => decodePayload(body, limits));
  for (const body of [
    '',
    '\x1e',
    '4a\x1e',
    '\x1e4a',
    '4a\x1e\x1e4b',
    '4a\x1e{"b":1}',
    '4a\x1ex',
    '9:4hello',
  ]) {
    t.equal(codeOf(body), 'UNKNOWN_ENGINE_PACKET', JSON.stringify(body));
  }
  t.equal(codeOf('4a\x1ebA'), 'INVALID_BASE64');
});

const generous = { maxPayloadBytes: 1e6, maxPackets: 1000 };

t.test('engine.io-parser reads what is written here, and the other way round', async () => {
  fc.assert(
    fc.property(fc.array(anyEnginePacket, { minLength: 1 }), (packets) => {
      const ours = encodePayload(
        packets.map(({ type, data }) => (typeof data === 'string' ? encodeEnginePacket(type, data) : data)),
      );
      let theirs: unknown;
      theirEncode(packets, (encoded) => {
        theirs = encoded;
      });
      return (
        ours === theirs &&
        isDeepStrictEqual(theirDecode(ours), packets.map(asOfficial)) &&
        isDeepStrictEqual(decodePayload(ours, generous), packets)
      );
    }),
    { numRuns: 1000, seed: 3 },
  );
});

/** Deliberately, a payload with a violation has no packets; engine.io-parser gives those before it. */
t.test('any body is packets or a violation, as for engine.io-parser', async () => {
  const parts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary' }).map((data) => `4${data}`),
    fc.constantFrom('', '2', '3', '4', 'bAQID'),
  );
  fc.assert(
    fc.property(fc.array(parts), (all) => {
      const body = all.join('\x1e');
      const theirs = theirDecode(body);
      const code = violationOf(() => decodePayload(body, generous));
      if (code === 'INVALID_BASE64') return true; // See engine-io.test.ts.
      if (theirs.at(-1)?.type === 'error' || code !== undefined) {
        return theirs.at(-1)?.type === 'error' && code === 'UNKNOWN_ENGINE_PACKET';
      }
      return isDeepStrictEqual(decodePayload(body, generous).map(asOfficial), theirs);
    }),
    { numRuns: 3000, seed: 4 },
  );
});
