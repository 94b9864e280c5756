import { decodeEnginePacket, type EnginePacket, encodeBase64 } from './engine-io.ts';
import { ProtocolViolation } from './protocol-violation.ts';

const SEPARATOR = '\x1e';

export interface PayloadLimits {
  /** What the handshake has announced as `maxPayload`. */
  readonly maxPayloadBytes: number;
  /** Clients know of no such limit: one that waited for a request may have very many small packets. */
  readonly maxPackets: number;
}

/**
 * The packets in the body of a long-polling request: one or more, joined by U+001E. All are decoded before
 * the first is handed over: a payload with a violation has no packets.
 * Engine.IO protocol 4, "Packet encoding", "HTTP long-polling".
 *
 * @throws ProtocolViolation PAYLOAD_TOO_LARGE, TOO_MANY_PACKETS, and those of {@link decodeEnginePacket}
 */
export function decodePayload(body: string, { maxPayloadBytes, maxPackets }: PayloadLimits): EnginePacket[] {
  if (Buffer.byteLength(body) > maxPayloadBytes) throw new ProtocolViolation('PAYLOAD_TOO_LARGE');
  const packets = body.split(SEPARATOR, maxPackets + 1);
  if (packets.length > maxPackets) throw new ProtocolViolation('TOO_MANY_PACKETS');
  return packets.map(decodeEnginePacket);
}

/**
 * The body of a long-polling response, from at least one packet: text as `encodeEnginePacket` and the
 * encoders of Socket.IO give it, binary messages as their bytes.
 */
export function encodePayload(packets: readonly (string | Uint8Array)[]): string {
  return packets
    .map((packet) => (typeof packet === 'string' ? packet : encodeBase64(packet)))
    .join(SEPARATOR);
}
