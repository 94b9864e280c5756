import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Decoder, Encoder, type Packet, PacketType } from 'socket.io-parser';
import t from 'tap';
import { decodeSocketPacket, type SocketPacket } from '../../../server/dialect/framings/socket-io.ts';
import type { Incomplete } from '../../../server/dialect/framings/socket-io-binary.ts';
import {
  encodeAck,
  encodeBinaryAck,
  encodeBinaryEvent,
  encodeConnect,
  encodeConnectError,
  encodeDisconnect,
  encodeEvent,
  isReservedEvent,
} from '../../../server/dialect/framings/socket-io-encode.ts';
import { violationOf } from './violation.ts';

type Frames = readonly (string | Uint8Array)[];

const limits = { maxAttachments: 10, maxAttachmentBytes: 1e6 };

/** The packets in the frames up to the first violation, as socket.io-parser has them, and whether one came. */
interface Outcome {
  packets: object[];
  isViolation: boolean;
}

function official(frames: Frames): Outcome {
  const decoder = new Decoder();
  const packets: object[] = [];
  decoder.on('decoded', (packet: Packet) => packets.push(packet));
  try {
    for (const frame of frames) decoder.add(frame);
  } catch {
    return { packets, isViolation: true };
  }
  return { packets, isViolation: false };
}

const numbers = { connect: 0, disconnect: 1, event: 2, ack: 3, connect_error: 4 } as const;

function ours(frames: Frames): Outcome {
  const packets: object[] = [];
  let incomplete: Incomplete | undefined;
  const code = violationOf(() => {
    for (const frame of frames) {
      const next = decodeSocketPacket(frame, incomplete, limits);
      incomplete = next.type === 'incomplete' ? next : undefined;
      if (next.type !== 'incomplete') packets.push(inTheirShape(next));
    }
  });
  return { packets, isViolation: code !== undefined };
}

function inTheirShape({ type, namespace, ...rest }: SocketPacket): object {
  const fields = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { type: numbers[type], nsp: namespace, ...Object.fromEntries(fields) };
}

/** What both sides write of a packet, and what it is when it was read. */
interface Written {
  ours: Frames;
  packet: Packet;
}

const namespaces = fc.oneof(
  fc.constantFrom('/', '/scenes', '/ws', '/__proto__', '/scenes?token=x'),
  fc.string({ unit: 'grapheme' }).map((name) => `/${name.replaceAll(',', '')}`),
);
const ids = fc.oneof(fc.constant(undefined), fc.nat(20), fc.maxSafeNat());
// What JSON gives back is what was written, -0 and `__proto__` included.
const json = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)));
const object = fc.dictionary(fc.string(), json, { noNullPrototype: true });
const names = fc.string({ unit: 'grapheme' }).filter((name) => !isReservedEvent(name));
/** Without `__proto__`, which socket.io-parser loses when it writes binary packets. */
const { binary } = fc.letrec((tie) => ({
  binary: fc.oneof(
    { depthSize: 'small' },
    fc.uint8Array({ maxLength: 8 }),
    fc.constantFrom('text', 'é😀', 1, 0.5, true, null),
    fc.array(tie('binary'), { maxLength: 3 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('binary'),
      { maxKeys: 3, noNullPrototype: true },
    ),
  ),
}));

const anyPacket: fc.Arbitrary<Written> = fc.oneof(
  fc.tuple(namespaces, fc.option(object, { nil: undefined })).map(([nsp, data]) => ({
    ours: [encodeConnect(nsp, data)],
    packet: { type: PacketType.CONNECT, nsp, data },
  })),
  namespaces.map((nsp) => ({
    ours: [encodeDisconnect(nsp)],
    packet: { type: PacketType.DISCONNECT, nsp },
  })),
  fc.tuple(namespaces, fc.string(), json).map(([nsp, message, more]) => ({
    ours: [encodeConnectError(nsp, { message, data: more })],
    packet: { type: PacketType.CONNECT_ERROR, nsp, data: { message, data: more } },
  })),
  fc.tuple(namespaces, names, fc.array(json), ids).map(([nsp, name, args, id]) => ({
    ours: [encodeEvent(nsp, name, args, id)],
    packet: { type: PacketType.EVENT, nsp, data: [name, ...args], ...(id !== undefined && { id }) },
  })),
  fc.tuple(namespaces, fc.maxSafeNat(), fc.array(json)).map(([nsp, id, data]) => ({
    ours: [encodeAck(nsp, id, data)],
    packet: { type: PacketType.ACK, nsp, data, id },
  })),
  fc.tuple(namespaces, names, fc.array(binary, { maxLength: 4 }), ids).map(([nsp, name, args, id]) => ({
    ours: orNothing(() => encodeBinaryEvent(nsp, name, args, id)),
    packet: { type: PacketType.EVENT, nsp, data: [name, ...args], ...(id !== undefined && { id }) },
  })),
  fc.tuple(namespaces, fc.maxSafeNat(), fc.array(binary, { maxLength: 4 })).map(([nsp, id, data]) => ({
    ours: orNothing(() => encodeBinaryAck(nsp, id, data)),
    packet: { type: PacketType.ACK, nsp, data, id },
  })),
);

/** No frames where there are more attachments than may be. */
function orNothing(encode: () => Frames): Frames {
  try {
    return encode();
  } catch (error) {
    if (error instanceof RangeError) return [];
    throw error;
  }
}

t.test('socket.io-parser reads what is written here, and the other way round', async () => {
  fc.assert(
    fc.property(anyPacket, ({ ours: written, packet }) => {
      const [text, ...attachments] = new Encoder().encode({ ...packet });
      // socket.io-parser writes more attachments than it reads.
      if (written.length === 0) return attachments.length > limits.maxAttachments;
      const expected = { packets: [inTheirForm(packet)], isViolation: false };
      const frames = [(written[0] as string).slice(1), ...written.slice(1)];
      return (
        isDeepStrictEqual(frames, [text, ...attachments]) &&
        isDeepStrictEqual(official(frames), expected) &&
        isDeepStrictEqual(ours([text, ...attachments]), expected)
      );
    }),
    { numRuns: 5000, seed: 8 },
  );
});

function inTheirForm(packet: Packet): object {
  return Object.fromEntries(Object.entries(packet).filter(([, value]) => value !== undefined));
}

const START = /^(?:[56]\d+-|[0-4])(?:\/[^,]*(?:,|$))?/;

/**
 * What socket.io-parser takes and this server does not. Nothing of it is in the protocol, and no client that
 * we know of sends it.
 */
const differences: Readonly<Record<string, (text: string) => boolean>> = {
  /** It reads types, counts and ids with `Number`, for which white space and nothing are 0. */
  'nothing or white space for the type': (text) => !/^\S/.test(text),
  'a count of attachments that is not all digits': (text) => /^[56](?!\d+-)/.test(text),
  'white space before, in or after the id': (text) => /^\d*\s/.test(rest(text)),
  /** Where nobody could answer, or nobody has asked. */
  'an id beside an event and an ack': (text) => /^[014]/.test(text) && /^\d/.test(rest(text)),
  'an ack without id': (text) => /^[36]/.test(text) && !/^\d/.test(rest(text)),
  /** It rounds them, so that its ack is one to another event. */
  'ids above 2^53 - 1': (text) => Number(/^\d*/.exec(rest(text))?.[0]) > Number.MAX_SAFE_INTEGER,
  /** Events without a name. */
  'no payload where there must be one': (text) => /^[2-6]/.test(text) && /^\d*$/.test(rest(text)),
  /** An attachment used twice doubles when it is passed on; one that is not used was sent for nothing. */
  'placeholders that are not one for each attachment': (text) => {
    const count = Number(/^[56](\d+)-/.exec(text)?.[1]);
    if (!(count > 0 && count <= limits.maxAttachments)) return false;
    const each = Array.from({ length: count }, (_, num) => num);
    return !isDeepStrictEqual(numbersIn(rest(text)).sort(), each);
  },
};

/** What comes after type, attachments and namespace. */
function rest(text: string): string {
  return text.replace(START, '');
}

/** The numbers of the placeholders in the payload, where there is one. */
function numbersIn(idAndPayload: string): unknown[] {
  const nums: unknown[] = [];
  try {
    JSON.parse(idAndPayload.replace(/^\d*/, ''), (_, value) => {
      if (value?._placeholder === true) nums.push(value.num);
      return value;
    });
  } catch {}
  return nums;
}

const hole = (num: unknown) => `{"_placeholder":true,"num":${num}}`;
const odd = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('0', '1', '2', '3', '4') },
      { weight: 3, arbitrary: fc.constantFrom('51-', '61-', '52-', '62-') },
      fc.constantFrom('', ' ', '7', '9', '-1', '5', '6', '50-', '5-1-', '501-', '51e0-', '5 1-', '511-'),
      fc.constantFrom('51000000000-', '52147483648-', '6-', '6+1-', '61.0-', '60x1-', '5--', 'b', '{'),
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      fc.constantFrom('/,', '/scenes,', '/scenes', '/scenes?token=x,', '//,', '/é😀,', ',', 'scenes,'),
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('', '0', '12', '007') },
      fc.constantFrom(' ', '1 ', ' 1', '1 2', '-1', '1.5', '1e3', '9007199254740992', '9'.repeat(400), '١'),
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('', '["a"]', `["a",${hole(0)}]`, '{"a":1}', '"a"') },
      fc.constantFrom(
        '[',
        '[]',
        '{}',
        'null',
        'true',
        '1',
        '["connect"]',
        '[1]',
        '[null]',
        '["a"]x',
        '["a"] ',
      ),
      fc.constantFrom(`["a",${hole(0)},${hole(0)}]`, `["a",${hole(0)},{"b":${hole(1)}}]`, `[${hole(0)}]`),
      fc.constantFrom(`["a",${hole(1)}]`, `["a",${hole(-1)}]`, `["a",${hole(0.5)}]`, `["a",${hole('"0"')}]`),
    ),
  )
  .map((parts) => parts.join(''));

const bent = fc.tuple(anyPacket, fc.nat(), fc.constantFrom('', '0', ',', '/', '"', ' ', '-', '[', ']')).map(
  // The text of a packet with one character replaced.
  ([{ ours: written }, place, character]) => {
    const text = ((written[0] ?? '') as string).slice(1);
    const at = place % (text.length + 1);
    return text.slice(0, at) + character + text.slice(at + 1);
  },
);

const anyText = fc.oneof(
  { weight: 5, arbitrary: odd },
  { weight: 3, arbitrary: bent },
  fc.string({ unit: 'binary' }),
);

t.test('any frames are packets or a violation, as for socket.io-parser', async (t) => {
  const seen = new Map(Object.keys(differences).map((title) => [title, 0]));
  fc.assert(
    fc.property(anyText, fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 3 }), (text, attachments) => {
      const frames = [text, ...attachments];
      const [here, there] = [ours(frames), official(frames)];
      const reasons = Object.entries(differences).filter(([, test]) => test(text));
      if (reasons.length === 0) return isDeepStrictEqual(here, there);
      for (const [title] of reasons)
        if (there.packets.length > 0) seen.set(title, (seen.get(title) ?? 0) + 1);
      return here.isViolation && here.packets.length === 0;
    }),
    { numRuns: 20_000, seed: 9 },
  );
  for (const [title, times] of seen) t.ok(times > 0, `it does differ: ${title}`);
});
