/** What the closes say that end a client: all of the catalogue that one in a browser has to load. */
export const closeTexts = {
  TOKEN_INVALID: 'The token cannot be verified.',
  TOKEN_EXPIRED: 'The token has expired; come back with a new one.',
  TOKEN_REVOKED: 'The token was taken back; come back with a new one.',
  FLOOD: 'Ten times the rate limit was exceeded.',
  KICKED: 'The application has sent this user away.',
  UNAUTHENTICATED: 'A token is needed.',
  ORIGIN_REFUSED: 'Cookies are not accepted from this origin.',
} as const;
