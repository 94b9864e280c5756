import {
  type CloseName,
  closes,
  type ErrorCode,
  type ErrorDetails,
  errors,
  type Refusal,
} from '../../../protocol/index.ts';
import { CLOSE, encodeStreamEvent, type StreamAnswer } from '../../dialect/framings/event-stream.ts';

/** The answer to a post that the layer above cannot give any more. */
export function refusal(code: ErrorCode, details: ErrorDetails = {}): StreamAnswer {
  return { ref: 0, ok: false, code, message: errors[code], ...details };
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

/** Refusals that do not say when to come back: what keeps a log or an issuer's keys away takes seconds. */
const RETRY_MS = 3000;

/**
 * The whole stream of a client that is to come back. A status would be the last word: browsers do not come back
 * after one. [SPEC: ES11]
 */
export function farewell({ code, message, details }: Refusal): string {
  const { retryAfterMs = RETRY_MS } = details;
  const said =
    code === 'SHUTTING_DOWN' ? { code: 'SHUTDOWN', message: closes.SHUTDOWN.text } : { code, message };
  return encodeStreamEvent({ event: CLOSE, data: { ...said, reconnect: true, retryAfterMs } }, retryAfterMs);
}
