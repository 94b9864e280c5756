import { crc32 } from 'node:zlib';

const CHECKSUM_BYTES = 4;

/** Text as it is stored: the CRC-32 of the UTF-8 bytes (4 bytes, little endian), then those bytes. */
export function encodeChecked(text: string): Buffer {
  const stored = Buffer.allocUnsafe(CHECKSUM_BYTES + Buffer.byteLength(text));
  stored.write(text, CHECKSUM_BYTES);
  stored.writeUInt32LE(crc32(stored.subarray(CHECKSUM_BYTES)), 0);
  return stored;
}

/** The text, or `undefined` where the bytes are not what was written. */
export function decodeChecked(stored: Uint8Array): string | undefined {
  if (stored.length < CHECKSUM_BYTES) return undefined;
  const buffer = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  if (buffer.readUInt32LE(0) !== crc32(buffer.subarray(CHECKSUM_BYTES))) return undefined;
  return buffer.toString('utf8', CHECKSUM_BYTES);
}
