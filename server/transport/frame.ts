import type { BinaryFrame, Frame } from './connection.ts';

export function isBinaryFrame(frame: Frame): frame is BinaryFrame {
  return typeof frame !== 'string' && 'binary' in frame;
}

/** What stands in the frame: text as a string or in UTF-8, or binary. */
export function payloadOf(frame: Frame): string | Uint8Array {
  return isBinaryFrame(frame) ? frame.binary : frame;
}
