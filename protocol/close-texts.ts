/** What each close says: all of the catalogue that a client in a browser has to load. */
export const closeTexts = {
  SHUTDOWN: 'The server goes down or restarts.',
  SLOW_CONSUMER: 'The client did not read for too long.',
  HEARTBEAT_TIMEOUT: 'No heartbeat within the grace period.',
  CONNECT_TIMEOUT: 'No token within the time for connecting.',
  OVERLOADED: 'The client sent faster than it can be served.',
  MISSED_TOO_MUCH: 'More was missed than can be told; what there is now has to be asked for.',
  KEYS_UNAVAILABLE: 'Tokens cannot be verified at present.',
  TOKEN_INVALID: 'The token cannot be verified.',
  TOKEN_EXPIRED: 'The token has expired; come back with a new one.',
  TOKEN_REVOKED: 'The token was taken back; come back with a new one.',
  FLOOD: 'Ten times the rate limit was exceeded.',
  KICKED: 'The application has sent this user away.',
  UNAUTHENTICATED: 'A token is needed.',
  ORIGIN_REFUSED: 'Cookies are not accepted from this origin.',
} as const;
