import type { CloseName, ErrorCode, ErrorDetails } from '../../protocol/index.ts';

/**
 * What a client itself has to say: OUTBOX_FULL (too much waits to be sent), LEFT (the room was left before
 * an answer came), CLOSED (so was the client), NO_WEBSOCKET and NO_TEXT (a part is missing), INVALID_URL (there is no
 * connecting to what is none), NO_TOKEN (`getToken` failed), STORE_FAILED (what waits could not be kept across page
 * loads). NOT_JSON, too: a command has something in it that JSON has not.
 */
export type ClientCode =
  | 'OUTBOX_FULL'
  | 'LEFT'
  | 'CLOSED'
  | 'NO_WEBSOCKET'
  | 'INVALID_URL'
  | 'NO_TEXT'
  | 'NO_TOKEN'
  | 'STORE_FAILED';

export interface TandemErrorDetails extends ErrorDetails {
  /** CONFLICT: the thing, and who holds its lock. */
  planetId?: string;
  lockedBy?: string;
}

/** Why something was refused, or a connection has ended. Switch on `code`; newer servers may have others. */
export class TandemError extends Error {
  override readonly name = 'TandemError';
  readonly code: ErrorCode | CloseName | ClientCode;
  readonly details: TandemErrorDetails;

  constructor(
    code: TandemError['code'],
    message: string,
    details: TandemErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.details = details;
  }
}

/** Of an `error` or `conflict` of the server. */
export function errorOf(answer: Readonly<Record<string, unknown>>): TandemError {
  if (answer.type === 'conflict') {
    const { planetId, lockedBy } = answer as { planetId: string; lockedBy: string };
    return new TandemError('CONFLICT', `${lockedBy} holds the lock.`, { planetId, lockedBy });
  }
  const {
    type: _,
    op: __,
    ok: ___,
    ref: ____,
    roomId: _____,
    opId: ______,
    code,
    message,
    ...details
  } = answer;
  return new TandemError(code as TandemError['code'], String(message), details);
}

/** What was thrown, as an error with a code: its own, where it has one. */
export function asError(cause: unknown, code: TandemError['code']): TandemError {
  return cause instanceof TandemError ? cause : new TandemError(code, String(cause), {}, { cause });
}
