import { closeTexts } from './close-texts.ts';

/**
 * The catalogue of closes: reasons for which the server ends a connection. 4000 to 4099: reconnect, after
 * the advised delay. 4100 to 4199: do not reconnect before something has changed. Codes are stable. The
 * close frame's reason is JSON: `{"code": NAME, "retryAfterMs"?: number}`. [SPEC: CL]
 */
export const closes = {
  SHUTDOWN: { code: 4000, reconnect: true, text: 'The server goes down or restarts.' },
  SLOW_CONSUMER: { code: 4001, reconnect: true, text: 'The client did not read for too long.' },
  HEARTBEAT_TIMEOUT: { code: 4002, reconnect: true, text: 'No heartbeat within the grace period.' },
  CONNECT_TIMEOUT: { code: 4003, reconnect: true, text: 'No token within the time for connecting.' },
  OVERLOADED: { code: 4004, reconnect: true, text: 'The client sent faster than it can be served.' },
  MISSED_TOO_MUCH: {
    code: 4006,
    reconnect: true,
    text: 'More was missed than can be told; what there is now has to be asked for.',
  },
  KEYS_UNAVAILABLE: { code: 4005, reconnect: true, text: 'Tokens cannot be verified at present.' },
  TOKEN_INVALID: { code: 4100, reconnect: false, text: closeTexts.TOKEN_INVALID },
  TOKEN_EXPIRED: { code: 4101, reconnect: false, text: closeTexts.TOKEN_EXPIRED },
  TOKEN_REVOKED: {
    code: 4104,
    reconnect: false,
    text: closeTexts.TOKEN_REVOKED,
  },
  FLOOD: { code: 4102, reconnect: false, text: closeTexts.FLOOD },
  KICKED: { code: 4103, reconnect: false, text: closeTexts.KICKED },
  UNAUTHENTICATED: { code: 4106, reconnect: false, text: closeTexts.UNAUTHENTICATED },
  ORIGIN_REFUSED: { code: 4105, reconnect: false, text: closeTexts.ORIGIN_REFUSED },
} as const;

export type CloseName = keyof typeof closes;

/** RFC 6455, section 7.4.1. */
export const CLOSE_TOO_BIG = 1009;

export interface CloseAdvice {
  /** Full jitter is the client's own business; this spreads a crowd. */
  retryAfterMs?: number;
}

/** The close frame's reason: JSON, at most 123 bytes (RFC 6455, section 5.5). */
export function closeReason(name: CloseName, advice: CloseAdvice = {}): string {
  return JSON.stringify({ code: name, ...advice });
}
