import { ProtocolViolation } from './protocol-violation.ts';
import { attach, findPlaceholders, type Incomplete } from './socket-io-binary.ts';
import { isReservedEvent } from './socket-io-encode.ts';

/**
 * A packet that is complete: binary events and acks are events and acks with Uint8Arrays in their data.
 * `namespace` is '/' or begins with it and stands as it came, a query string included: the names that exist
 * are somebody else's to know. Objects may have own keys such as `__proto__`.
 */
export type SocketPacket =
  | { readonly type: 'connect'; readonly namespace: string; readonly data: JsonObject | undefined }
  | { readonly type: 'disconnect'; readonly namespace: string }
  | EventPacket
  | AckPacket
  | { readonly type: 'connect_error'; readonly namespace: string; readonly data: JsonObject | string };

/** With an `id`, the peer asks for an ack. The name is none of the reserved ones. */
export interface EventPacket {
  readonly type: 'event';
  readonly namespace: string;
  readonly id: number | undefined;
  readonly data: [name: string | number, ...args: unknown[]];
}

export interface AckPacket {
  readonly type: 'ack';
  readonly namespace: string;
  readonly id: number;
  readonly data: unknown[];
}

type JsonObject = Record<string, unknown>;

export interface SocketLimits {
  /** Of one packet. */
  readonly maxAttachments: number;
  /** Of all attachments of one packet together. */
  readonly maxAttachmentBytes: number;
  /** Of the text of an event or ack there. One that is longer is not read: of its data there is the name. Default: any. */
  readonly maxCharacters?: (namespace: string) => number;
}

const types = ['connect', 'disconnect', 'event', 'ack', 'connect_error', 'event', 'ack'] as const;
const FIRST_BINARY_TYPE = 5;

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/**
 * The packet in the data of an Engine.IO message: `<type>[<attachments>-][<namespace>,][<ack id>][JSON]`.
 * One with attachments is `incomplete` at first: hand that in with the connection's next message, and so on
 * until a packet comes back. An `incomplete` can be handed in once. Attachments are copied.
 * Socket.IO protocol 5, "Packet encoding".
 *
 * @throws ProtocolViolation UNKNOWN_SOCKET_PACKET, INVALID_ACK_ID, INVALID_PAYLOAD, RESERVED_EVENT,
 * INVALID_ATTACHMENT_COUNT, TOO_MANY_ATTACHMENTS, ATTACHMENTS_TOO_LARGE, INVALID_PLACEHOLDER,
 * UNEXPECTED_TEXT, UNEXPECTED_BINARY
 */
export function decodeSocketPacket(
  data: string | Uint8Array,
  incomplete: Incomplete | undefined,
  limits: SocketLimits,
): SocketPacket | Incomplete {
  if (typeof data === 'string') {
    if (incomplete !== undefined) throw new ProtocolViolation('UNEXPECTED_TEXT');
    return decodeText(data, limits);
  }
  if (incomplete === undefined) throw new ProtocolViolation('UNEXPECTED_BINARY');
  return attach(incomplete, data, limits.maxAttachmentBytes);
}

function decodeText(
  text: string,
  { maxAttachments, maxCharacters }: SocketLimits,
): SocketPacket | Incomplete {
  const number = text.charCodeAt(0) - DIGIT_0;
  const type = types[number];
  if (type === undefined) throw new ProtocolViolation('UNKNOWN_SOCKET_PACKET');

  let at = 1;
  let attachments = 0;
  if (number >= FIRST_BINARY_TYPE) {
    at = endOfDigits(text, 1);
    attachments = readAttachmentCount(text, at, maxAttachments);
    at += 1;
  }

  let namespace = '/';
  if (text.startsWith('/', at)) {
    // Without a comma all that is left is the name: clients connect with `0/admin`, too.
    const comma = text.indexOf(',', at);
    const end = comma === -1 ? text.length : comma;
    namespace = text.slice(at, end);
    at = end + 1;
  }

  const idAt = at;
  at = endOfDigits(text, idAt);
  const id = at === idAt ? undefined : Number(text.slice(idAt, at));
  if (!isIdOf(type, id)) throw new ProtocolViolation('INVALID_ACK_ID');

  const json = text.slice(at);
  const isRead = text.length <= (maxCharacters?.(namespace) ?? Number.POSITIVE_INFINITY);
  const packet =
    isRead || (type !== 'event' && type !== 'ack')
      ? packetOf(type, namespace, id, json)
      : ({ type, namespace, id, data: unread(json, attachments) } as EventPacket | AckPacket);
  if (attachments === 0 || (packet.type !== 'event' && packet.type !== 'ack')) return packet;
  return {
    type: 'incomplete',
    packet,
    places: findPlaceholders(packet.data, attachments),
    received: 0,
    receivedBytes: 0,
  };
}

function packetOf(
  type: (typeof types)[number],
  namespace: string,
  id: number | undefined,
  json: string,
): SocketPacket {
  switch (type) {
    case 'connect':
      return { type, namespace, data: json === '' ? undefined : parse(json, '{') };
    case 'disconnect':
      if (json !== '') throw new ProtocolViolation('INVALID_PAYLOAD');
      return { type, namespace };
    case 'event': {
      const data = parse(json, '[');
      const named = typeof data[0] === 'string' || typeof data[0] === 'number';
      if (!named) throw new ProtocolViolation('INVALID_PAYLOAD');
      if (isReservedEvent(data[0])) throw new ProtocolViolation('RESERVED_EVENT');
      return { type, namespace, id, data };
    }
    case 'ack':
      return { type, namespace, id: id as number, data: parse(json, '[') };
    case 'connect_error':
      return { type, namespace, data: parse(json, json.startsWith('"') ? '"' : '{') };
  }
}

/** In place of data that is too large: the name of the event, and where attachments go. */
function unread(json: string, attachments: number): unknown[] {
  const [, name = ''] = /^\["([^"\\]{0,200})"/.exec(json) ?? [];
  return [name, ...Array.from({ length: attachments }, (_, num) => ({ _placeholder: true, num }))];
}

/** What begins with `first` is either malformed or of the type that `first` opens. */
// biome-ignore lint/suspicious/noExplicitAny: JSON.parse says no more
function parse(json: string, first: '{' | '[' | '"'): any {
  if (!json.startsWith(first)) throw new ProtocolViolation('INVALID_PAYLOAD');
  try {
    return JSON.parse(json);
  } catch {
    throw new ProtocolViolation('INVALID_PAYLOAD');
  }
}

/** Above 2^53 an id is not exact: the ack would bear another. */
function isIdOf(type: (typeof types)[number], id: number | undefined): boolean {
  if (id === undefined) return type !== 'ack';
  return (type === 'event' || type === 'ack') && id <= Number.MAX_SAFE_INTEGER;
}

function readAttachmentCount(text: string, end: number, max: number): number {
  const count = Number(text.slice(1, end));
  if (count < 1 || text[end] !== '-') throw new ProtocolViolation('INVALID_ATTACHMENT_COUNT');
  if (count > max) throw new ProtocolViolation('TOO_MANY_ATTACHMENTS');
  return count;
}

function endOfDigits(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= DIGIT_0 && text.charCodeAt(at) <= DIGIT_9) at += 1;
  return at;
}
