/** Why a request is no part of any session. The first codes and messages are those of Engine.IO's own server. */
export const requestErrors = {
  UNKNOWN_TRANSPORT: { code: 0, message: 'Transport unknown' },
  UNKNOWN_SID: { code: 1, message: 'Session ID unknown' },
  BAD_HANDSHAKE_METHOD: { code: 2, message: 'Bad handshake method' },
  BAD_REQUEST: { code: 3, message: 'Bad request' },
  UNSUPPORTED_PROTOCOL_VERSION: { code: 5, message: 'Unsupported protocol version' },
  /** The session may live: on another node, which does not answer. */
  NODE_UNREACHABLE: {
    code: 100,
    message: 'The node of this session cannot be reached at present; try again',
  },
} as const;

export type RequestError = keyof typeof requestErrors;
