import { ProtocolViolation } from './protocol-violation.ts';
import type { AckPacket, EventPacket } from './socket-io.ts';

/** The attachments that an official client of today takes in one packet; with more it breaks off. */
export const MAX_ATTACHMENTS = 10;

/** Levels of nesting in which binary is looked for when encoding; also what ends a circle. */
const MAX_LEVELS = 1000;

/** A packet that waits for attachments, and what there is of them. */
export interface Incomplete {
  readonly type: 'incomplete';
  /** Its data still has placeholders. */
  readonly packet: EventPacket | AckPacket;
  /** Where each attachment belongs, in the order in which they come. */
  readonly places: readonly Place[];
  readonly received: number;
  readonly receivedBytes: number;
}

interface Place {
  readonly parent: Record<string, unknown>;
  readonly key: string;
}

/**
 * Where in `data` the placeholders `{"_placeholder":true,"num":n}` stand, by their numbers. Each number from
 * 0 to below `count` must be there once: an attachment that is used many times would be a small message with
 * a huge effect. Takes data of any depth.
 *
 * @throws ProtocolViolation INVALID_PLACEHOLDER
 */
export function findPlaceholders(data: readonly unknown[], count: number): Place[] {
  const places = new Array<Place | undefined>(count).fill(undefined);
  const open: unknown[] = [data];
  while (open.length > 0) {
    const parent = open.pop() as Record<string, unknown>;
    for (const key of Object.keys(parent)) {
      const value = parent[key] as Record<string, unknown> | null;
      if (typeof value !== 'object' || value === null) continue;
      if (value._placeholder === true) place(value.num, { parent, key });
      else open.push(value);
    }
  }

  function place(num: unknown, at: Place): void {
    const isIndex = Number.isInteger(num) && (num as number) >= 0 && (num as number) < count;
    if (!isIndex || places[num as number] !== undefined) throw new ProtocolViolation('INVALID_PLACEHOLDER');
    places[num as number] = at;
  }

  return places.map((at) => {
    if (at === undefined) throw new ProtocolViolation('INVALID_PLACEHOLDER');
    return at;
  });
}

/**
 * Puts a copy of `bytes` in its place in the packet, which is returned once it is complete.
 *
 * @throws ProtocolViolation ATTACHMENTS_TOO_LARGE
 */
export function attach(
  incomplete: Incomplete,
  bytes: Uint8Array,
  maxBytes: number,
): EventPacket | AckPacket | Incomplete {
  const receivedBytes = incomplete.receivedBytes + bytes.byteLength;
  if (receivedBytes > maxBytes) throw new ProtocolViolation('ATTACHMENTS_TOO_LARGE');
  const { packet, places } = incomplete;
  const place = places[incomplete.received];
  // The key is an own one already, so even `__proto__` is no more than a key.
  if (place !== undefined) place.parent[place.key] = new Uint8Array(bytes);
  const received = incomplete.received + 1;
  return received >= places.length ? packet : { ...incomplete, received, receivedBytes };
}

/**
 * `data` with placeholders for its binary (ArrayBuffers and their views), and that binary. What has none is
 * not copied; objects with a `toJSON` of their own are left to it.
 *
 * @throws RangeError if there are more attachments than {@link MAX_ATTACHMENTS}, or `data` nests deeper than
 * 1,000 levels or in a circle
 * @throws TypeError if beside binary there is an object that looks like a placeholder: the receiver would
 * take it for one
 */
export function extractAttachments(data: readonly unknown[]): { data: unknown; attachments: Uint8Array[] } {
  const attachments: Uint8Array[] = [];
  let isForged = false;

  function extract(value: unknown, levels: number): unknown {
    if (typeof value !== 'object' || value === null) return value;
    const bytes = bytesOf(value);
    if (bytes !== undefined) {
      if (attachments.length === MAX_ATTACHMENTS) throw new RangeError('Too many attachments');
      return { _placeholder: true, num: attachments.push(bytes) - 1 };
    }
    if (levels === 0) throw new RangeError('Nested too deeply');
    if ('toJSON' in value && typeof value.toJSON === 'function') return value;
    if ('_placeholder' in value && value._placeholder === true) isForged = true;

    const from = value as Record<string, unknown>;
    let copy: Record<string, unknown> | undefined;
    for (const key of Object.keys(from)) {
      const one = extract(from[key], levels - 1);
      if (one === from[key]) continue;
      // The spread has made the key an own one, so even `__proto__` is no more than a key.
      copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
      copy[key] = one;
    }
    return copy ?? value;
  }

  const extracted = extract(data, MAX_LEVELS);
  if (isForged && attachments.length > 0) throw new TypeError('The data has a placeholder already');
  return { data: extracted, attachments };
}

function bytesOf(value: object): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
}
