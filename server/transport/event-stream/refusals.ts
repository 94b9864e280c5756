import {
  type CloseName,
  closes,
  type ErrorCode,
  type ErrorDetails,
  errors,
} from '../../../protocol/index.ts';
import { CLOSE, encodeStreamEvent, type StreamAnswer } from '../../dialect/framings/event-stream.ts';

/** The answer to a post that the layer above cannot give any more. */
export function refusal(ref: number, code: ErrorCode, details: ErrorDetails): StreamAnswer {
  return { ref, ok: false, code, message: errors[code], ...details };
}

/** What a close is to a request that waits for its answer. */
export const refusalFor: Partial<Record<CloseName, ErrorCode>> = {
  SHUTDOWN: 'SHUTTING_DOWN',
  KEYS_UNAVAILABLE: 'KEYS_UNAVAILABLE',
  TOKEN_INVALID: 'TOKEN_INVALID',
  TOKEN_EXPIRED: 'TOKEN_EXPIRED',
  TOKEN_REVOKED: 'TOKEN_REVOKED',
  UNAUTHENTICATED: 'UNAUTHENTICATED',
  ORIGIN_REFUSED: 'FORBIDDEN',
  KICKED: 'FORBIDDEN',
  FLOOD: 'RATE_LIMITED',
};

/**
 * What a stream is that begins while the server goes down. A status would be the last word: browsers do not
 * come back after one.
 */
export function farewell({ retryAfterMs }: StreamAnswer): string {
  const { text: message, reconnect } = closes.SHUTDOWN;
  const data = { code: 'SHUTDOWN', message, reconnect, retryAfterMs };
  return encodeStreamEvent({ event: CLOSE, data }, Number(retryAfterMs ?? 0));
}
