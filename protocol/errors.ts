/**
 * The catalogue of errors: answers to one message; the connection lives on. Codes are stable: switch on the
 * code, never on the text. [SPEC: ER]
 */
export const errors = {
  // Messages that cannot be understood
  NOT_JSON: 'The frame is not valid JSON.',
  NOT_AN_OBJECT: 'The message is not a JSON object.',
  UNKNOWN_TYPE: 'There is no message of this type.',
  INVALID_FIELD: 'A field is missing, of the wrong type, too long, or not allowed; `path` names it.',
  BINARY_FRAME: 'This dialect takes text frames only.',
  BINARY_DATA: 'Where `path` says the message has bytes; events of this application are JSON.',
  MESSAGE_TOO_LARGE: 'The message is larger than `limit` bytes.',
  TOO_DEEP: 'The message nests deeper than `limit` levels.',
  FORBIDDEN_KEY: 'A key of the message is reserved (`__proto__`, `constructor`, `prototype`).',
  // Who and where
  UNAUTHENTICATED: 'A token is needed before this command.',
  TOKEN_INVALID: 'The token cannot be verified.',
  TOKEN_EXPIRED: 'The token has expired.',
  TOKEN_REVOKED: 'The token was taken back.',
  KEYS_UNAVAILABLE: 'The keys that verify tokens cannot be fetched at present; try again.',
  IDENTITY_MISMATCH: 'The message names another user than the one that this connection has proved to be.',
  FORBIDDEN: 'This user may not do this in this room.',
  SIGNATURE_INVALID: 'The command is critical and not signed by its user; `expected` says what is missing.',
  PROJECT_NOT_FOUND: 'There is no such project.',
  PROJECT_INACTIVE: 'The project is not active at present; nobody may join or write in its rooms.',
  AUTHORIZER_UNAVAILABLE: 'Who may do this cannot be found out at present; try again.',
  NOT_JOINED: 'The connection is not in this room; join first.',
  ROOM_REQUIRED: 'The connection is in several rooms; `roomId` says which one is meant.',
  ROOM_FULL: 'The room has as many users as it may have.',
  TOO_MANY_ROOMS: 'The connection is in as many rooms as it may be.',
  TOO_MANY_SESSIONS: 'The user is in this room with as many connections as one may have.',
  // What the room refuses
  CONFLICT: 'Somebody else holds the lock.',
  VERSION_CONFLICT: 'Somebody else changed the same property after the version that was named.',
  VERSION_UNKNOWN: 'The version is newer than the room, or older than what it still keeps; synchronise anew.',
  NOT_FOUND: 'There is no such item.',
  ALREADY_EXISTS: 'There is an item with this id already.',
  NOT_VIEWING: 'The user does not view this; join_viewer first.',
  LIMIT_EXCEEDED: 'The room has reached a limit; `limit` names it.',
  TEXT_OPERATION_INVALID: 'The text operation does not fit the document.',
  // The server's own state
  RATE_LIMITED: 'Too many messages; try again after `retryAfterMs`.',
  OVERLOADED: 'The room has too much work queued; try again.',
  LOG_UNAVAILABLE: 'The log cannot be written at present; nothing was changed, try again.',
  OUTCOME_UNKNOWN:
    'Whether the command was stored could not be found out in time; it may still be. Repeat it only with its opId.',
  LOG_CORRUPT: 'What is stored of this room cannot be read; an operator has to look.',
  SHUTTING_DOWN: 'The server is going down; reconnect.',
  // Over HTTP only
  SESSION_SUBMITTED: 'The session was submitted; it takes no more events.',
  METHOD_NOT_ALLOWED:
    'There is something at this path, but not by this method; `Allow` lists those there are.',
  UNSUPPORTED_MEDIA_TYPE: 'The body of this request has to be `application/json`.',
  // Whatever else
  INTERNAL: 'The server failed; the command had no effect that was acknowledged.',
} as const;

export type ErrorCode = keyof typeof errors;

/** What goes out in an error beside its code. All fields are additive to the message's own. */
export interface ErrorDetails {
  /** JSON path of the field at fault, in the client's own names: `user.userId`. */
  path?: string;
  /** What the field should have been. */
  expected?: string;
  /** The item that the error is about. */
  item?: string;
  /** The limit's name or, for sizes, its value. */
  limit?: string | number;
  retryAfterMs?: number;
  /** VERSION_CONFLICT: the version that the room has now. */
  version?: number;
  /** VERSION_CONFLICT: the present values of the properties at fault, by their paths. */
  current?: Record<string, unknown>;
}

/** One refusal, thrown or returned inside the server and turned into the dialect's own form at its edge. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  constructor(code: ErrorCode, details: ErrorDetails = {}, message: string = errors[code]) {
    super(message);
    this.code = code;
    this.details = details;
  }
}
