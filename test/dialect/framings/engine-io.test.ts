import { isDeepStrictEqual } from 'node:util';
import { decodePacket, encodePacket } from 'engine.io-parser';
import fc from 'fast-check';
import t from 'tap';
import {
  decodeEnginePacket,
  encodeBase64,
  encodeEnginePacket,
  encodeHandshake,
} from '../../../server/dialect/framings/engine-io.ts';
import { anyEnginePacket, asOfficial } from './engine-packets.ts';
import { violationOf } from './violation.ts';

t.test('packets as text, both ways', async (t) => {
  const vectors = [
    ['0{"sid":"lv_VI97HAXpY6yYWAAAC"}', 'open', '{"sid":"lv_VI97HAXpY6yYWAAAC"}'],
    ['1', 'close', ''],
    ['2', 'ping', ''],
    ['2probe', 'ping', 'probe'],
    ['3', 'pong', ''],
    ['3probe', 'pong', 'probe'],
    ['4', 'message', ''],
    ['4hello', 'message', 'hello'],
    ['4€😀', 'message', '€😀'],
    ['42["a"]', 'message', '2["a"]'],
    ['4b', 'message', 'b'],
    ['5', 'upgrade', ''],
    ['6', 'noop', ''],
  ] as const;
  for (const [text, type, data] of vectors) {
    t.strictSame(decodeEnginePacket(text), { type, data }, text);
    t.equal(encodeEnginePacket(type, data), text);
  }
  t.equal(encodeEnginePacket('ping'), '2');
});

t.test('binary is a frame as it stands, or Base64 as text', async (t) => {
  const bytes = Buffer.from([1, 2, 3, 4]);
  t.equal(decodeEnginePacket(bytes).data, bytes, 'not copied');
  t.strictSame(decodeEnginePacket('bAQIDBA=='), { type: 'message', data: bytes });
  t.strictSame(decodeEnginePacket('b'), { type: 'message', data: Buffer.alloc(0) });
  t.equal(encodeBase64(bytes), 'bAQIDBA==');
  t.equal(encodeBase64(new Uint8Array([0, 1, 2, 3, 4, 0]).subarray(1, 5)), 'bAQIDBA==', 'a part of a buffer');
  t.equal(encodeBase64(new Uint8Array()), 'b');
});

t.test('the handshake', async (t) => {
  const handshake = {
    sid: 'lv_VI97HAXpY6yYWAAAC',
    upgrades: ['websocket'],
    pingIntervalMs: 25000,
    pingTimeoutMs: 20000,
    maxPayloadBytes: 1000000,
  } as const;
  t.equal(
    encodeHandshake(handshake),
    '0{"sid":"lv_VI97HAXpY6yYWAAAC","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,' +
      '"maxPayload":1000000}',
  );
});

t.test('what is no packet', async (t) => {
  for (const text of [
    '',
    '7',
    '9',
    '-1',
    ' 4',
    'a',
    'B',
    '{}',
    '/',
    ':',
    '٤',
    '\ud800',
    '\x1e',
    '__proto__',
  ]) {
    t.equal(
      violationOf(() => decodeEnginePacket(text)),
      'UNKNOWN_ENGINE_PACKET',
      JSON.stringify(text),
    );
  }
  for (const text of [
    'b!',
    'bA',
    'bAQIDBA',
    'bAQIDBA=',
    'bAQID\nBA==',
    'bAQID BA==',
    'b-_-_',
    'bAR==',
    'b=',
    'b😀',
  ]) {
    t.equal(
      violationOf(() => decodeEnginePacket(text)),
      'INVALID_BASE64',
      JSON.stringify(text),
    );
  }
});

t.test('engine.io-parser reads what is written here, and the other way round', async () => {
  fc.assert(
    fc.property(anyEnginePacket, (packet) => {
      const { type, data } = packet;
      const ours = typeof data === 'string' ? encodeEnginePacket(type, data) : encodeBase64(data);
      let theirs: unknown;
      encodePacket(packet, false, (encoded) => {
        theirs = encoded;
      });
      return (
        ours === theirs &&
        isDeepStrictEqual(decodePacket(ours), asOfficial(packet)) &&
        isDeepStrictEqual(decodeEnginePacket(ours), packet)
      );
    }),
    { numRuns: 2000, seed: 1 },
  );
});

/**
 * One difference is deliberate: engine.io-parser skips what is no Base64, leaves out padding and takes the
 * URL alphabet. No client sends such text; bytes that were lost on the way should not pass for others.
 */
t.test('any text is a packet or a violation, as for engine.io-parser', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .tuple(fc.constantFrom(...'0123456789b'), fc.string({ unit: 'binary' }))
      .map(([type, data]) => type + data),
    fc.base64String().map((data) => `b${data}`),
    fc.string({ unit: fc.constantFrom(...'AQgw+/=-_ ') }).map((data) => `b${data}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const theirs = decodePacket(text);
      const code = violationOf(() => decodeEnginePacket(text));
      if (code === 'INVALID_BASE64') {
        const sloppy = (theirs.data as Buffer).toString('base64') !== text.slice(1);
        return text.startsWith('b') && sloppy;
      }
      if (theirs.type === 'error' || code !== undefined) {
        return theirs.type === 'error' && code === 'UNKNOWN_ENGINE_PACKET';
      }
      return isDeepStrictEqual(asOfficial(decodeEnginePacket(text)), theirs);
    }),
    { numRuns: 5000, seed: 2 },
  );
});
