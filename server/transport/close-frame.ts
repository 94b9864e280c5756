/** RFC 6455, section 5.5: a control frame has at most 125 bytes, two of which hold the code. */
const MAX_REASON_BYTES = 123;

/** RFC 6455, section 7.4.1; also what connections without a WebSocket are said to have closed with. */
export const CLOSE_NORMAL = 1000;
export const CLOSE_PROTOCOL_ERROR = 1002;
/** No close frame came: the connection broke. */
export const CLOSE_ABNORMAL = 1006;

/** Whether a peer that closed with `code` is not coming back: 1000, 1001 (page left) or none given (1005). */
export function isGoodbye(code: number): boolean {
  return code === CLOSE_NORMAL || code === 1001 || code === 1005;
}

/** The longest beginning of `reason` that fits into a close frame, without half a character at its end. */
export function fittingReason(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  const bytes = new Uint8Array(MAX_REASON_BYTES);
  return reason.slice(0, new TextEncoder().encodeInto(reason, bytes).read);
}
