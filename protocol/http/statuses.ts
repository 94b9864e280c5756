import type { ErrorCode } from '../errors.ts';
import type { Route } from './route.ts';

/** The status of an answer over HTTP that refuses with a code. */
export const statuses: { readonly [code in ErrorCode]: number } = {
  NOT_JSON: 400,
  NOT_AN_OBJECT: 422,
  UNKNOWN_TYPE: 422,
  INVALID_FIELD: 422,
  BINARY_FRAME: 415,
  BINARY_DATA: 422,
  MESSAGE_TOO_LARGE: 413,
  TOO_DEEP: 422,
  FORBIDDEN_KEY: 422,
  UNAUTHENTICATED: 401,
  TOKEN_INVALID: 401,
  TOKEN_EXPIRED: 401,
  TOKEN_REVOKED: 401,
  KEYS_UNAVAILABLE: 503,
  IDENTITY_MISMATCH: 403,
  FORBIDDEN: 403,
  SIGNATURE_INVALID: 403,
  PROJECT_NOT_FOUND: 404,
  PROJECT_INACTIVE: 403,
  AUTHORIZER_UNAVAILABLE: 503,
  NOT_JOINED: 409,
  ROOM_REQUIRED: 422,
  ROOM_FULL: 409,
  TOO_MANY_ROOMS: 409,
  TOO_MANY_SESSIONS: 409,
  CONFLICT: 409,
  VERSION_CONFLICT: 409,
  VERSION_UNKNOWN: 409,
  NOT_FOUND: 404,
  ALREADY_EXISTS: 409,
  NOT_VIEWING: 409,
  LIMIT_EXCEEDED: 409,
  TEXT_OPERATION_INVALID: 422,
  RATE_LIMITED: 429,
  OVERLOADED: 503,
  LOG_UNAVAILABLE: 503,
  OUTCOME_UNKNOWN: 503,
  LOG_CORRUPT: 500,
  SHUTTING_DOWN: 503,
  SESSION_SUBMITTED: 409,
  METHOD_NOT_ALLOWED: 405,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL: 500,
};

const RETRY = { 'Retry-After': 'seconds after which it may be tried again' };

/** What HTTP has to say beside the code, by status. */
export const refusalHeaders: { readonly [status: number]: Readonly<Record<string, string>> } = {
  401: { 'WWW-Authenticate': '`Bearer`' },
  415: { 'Accept-Encoding': '`identity`' },
  429: RETRY,
  503: RETRY,
};

/** All codes with which a route may refuse. */
export function refusalsOf({ scope, room, params, query, body, refusals = [] }: Route): ErrorCode[] {
  const codes = new Set<ErrorCode>(refusals);
  const add = (...more: ErrorCode[]) => {
    for (const code of more) codes.add(code);
  };
  if (scope !== undefined) add('UNAUTHENTICATED', 'TOKEN_INVALID', 'TOKEN_EXPIRED', 'TOKEN_REVOKED');
  if (scope !== undefined) add('KEYS_UNAVAILABLE', 'FORBIDDEN', 'RATE_LIMITED');
  if (room !== undefined) add('AUTHORIZER_UNAVAILABLE');
  if (room !== undefined && scope === 'user') add('PROJECT_NOT_FOUND', 'PROJECT_INACTIVE');
  if (params !== undefined || query !== undefined) add('INVALID_FIELD');
  if (body !== undefined) {
    add('NOT_JSON', 'MESSAGE_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
    add('INVALID_FIELD', 'TOO_DEEP', 'FORBIDDEN_KEY');
  }
  return [...codes];
}
