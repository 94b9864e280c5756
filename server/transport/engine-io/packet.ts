import { encodeEnginePacket } from '../../dialect/framings/engine-io.ts';
import type { BinaryFrame, Frame } from '../connection.ts';
import { isBinaryFrame } from '../frame.ts';

/** A packet on its way out, made once for all polling sessions that get it. */
export interface OutboundPacket {
  readonly frame: string | BinaryFrame;
  /** As it counts against the bound. */
  readonly bytes: number;
}

/** What a packet costs beside its content: more than the head of a WebSocket frame, so that what fits in the
 * buffer of a polling session fits in that of the WebSocket which it changes to. */
const OVERHEAD_BYTES = 16;

export function outboundPacket(frame: Frame): OutboundPacket {
  if (isBinaryFrame(frame)) return { frame, bytes: frame.binary.byteLength + OVERHEAD_BYTES };
  const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString();
  return { frame: text, bytes: Buffer.byteLength(text) + OVERHEAD_BYTES };
}

/** The bytes by which a frame that was lost is reported. */
export function bytesOf({ frame }: OutboundPacket): Uint8Array {
  return typeof frame === 'string' ? Buffer.from(frame) : frame.binary;
}

export const CLOSE = encodeEnginePacket('close');
export const NOOP = encodeEnginePacket('noop');
export const PING = encodeEnginePacket('ping');
