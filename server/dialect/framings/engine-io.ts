import { ProtocolViolation } from './protocol-violation.ts';

/** In the order of their numbers. Engine.IO protocol 4, "Packet types". */
const types = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;

export type EnginePacketType = (typeof types)[number];

/** `data` is '' where there is none. Only a message can be binary. */
export type EnginePacket =
  | { readonly type: Exclude<EnginePacketType, 'message'>; readonly data: string }
  | { readonly type: 'message'; readonly data: string | Uint8Array };

/** What the server tells of itself in its open packet. Engine.IO protocol 4, "Handshake". */
export interface EngineHandshake {
  readonly sid: string;
  /** The transports that the client may change to: none once it is on a WebSocket. */
  readonly upgrades: readonly 'websocket'[];
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
  /** Bytes that the client may send in one payload. */
  readonly maxPayloadBytes: number;
}

const BASE64_MARK = 'b';
const DIGIT_0 = 48;

/**
 * The packet in a WebSocket frame or in a part of a payload. Binary is a message as it stands, with no
 * prefix, and is not copied; text is `<type>[<data>]`, or `b<Base64>` for a binary message from a client
 * that wants no binary frames (its `forceBase64`).
 * Engine.IO protocol 4, "Packet encoding".
 *
 * @throws ProtocolViolation UNKNOWN_ENGINE_PACKET, INVALID_BASE64
 */
export function decodeEnginePacket(frame: string | Uint8Array): EnginePacket {
  if (typeof frame !== 'string') return { type: 'message', data: frame };
  const type = types[frame.charCodeAt(0) - DIGIT_0];
  if (type !== undefined) return { type, data: frame.slice(1) };
  if (frame.startsWith(BASE64_MARK)) return { type: 'message', data: decodeBase64(frame.slice(1)) };
  throw new ProtocolViolation('UNKNOWN_ENGINE_PACKET');
}

/**
 * A packet as text: `3probe`. In a payload `data` must not contain U+001E; JSON never does. Binary messages
 * need no encoding in a WebSocket; where binary frames are not wanted, {@link encodeBase64}.
 */
export function encodeEnginePacket(type: EnginePacketType, data = ''): string {
  return types.indexOf(type) + data;
}

/** A binary message as text: `b` and Base64. */
export function encodeBase64(bytes: Uint8Array): string {
  return BASE64_MARK + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** The open packet, the first of every connection: `0{"sid":…}`. */
export function encodeHandshake(handshake: EngineHandshake): string {
  const { sid, upgrades, pingIntervalMs, pingTimeoutMs, maxPayloadBytes } = handshake;
  return encodeEnginePacket(
    'open',
    JSON.stringify({
      sid,
      upgrades,
      pingInterval: pingIntervalMs,
      pingTimeout: pingTimeoutMs,
      maxPayload: maxPayloadBytes,
    }),
  );
}

function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  // Buffer skips what is not Base64; only from what was all Base64 does the same text come back.
  if (bytes.toString('base64') !== text) throw new ProtocolViolation('INVALID_BASE64');
  return bytes;
}
