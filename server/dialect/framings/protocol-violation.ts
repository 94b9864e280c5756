/**
 * What a peer can do against Engine.IO protocol 4 or Socket.IO protocol 5. What comes after it on the
 * connection means nothing any more: every violation closes the connection. Codes are stable.
 */
export const violations = {
  // Engine.IO
  UNKNOWN_ENGINE_PACKET: 'The packet begins with no type of Engine.IO.',
  INVALID_BASE64: 'A binary packet as text is not Base64.',
  INVALID_UTF8: 'The payload is not UTF-8.',
  PAYLOAD_TOO_LARGE: 'The payload has more bytes than the handshake allows.',
  TOO_MANY_PACKETS: 'The payload has too many packets.',
  // Socket.IO
  UNKNOWN_SOCKET_PACKET: 'The packet begins with no type of Socket.IO.',
  INVALID_ACK_ID: 'The acknowledgement id is missing, out of place, or larger than 2^53 - 1.',
  INVALID_PAYLOAD: 'The JSON of the packet is missing, malformed, or not what its type has.',
  RESERVED_EVENT: 'The name of the event is reserved.',
  INVALID_ATTACHMENT_COUNT: 'The number of attachments is not a positive integer.',
  TOO_MANY_ATTACHMENTS: 'The packet has too many attachments.',
  ATTACHMENTS_TOO_LARGE: 'The attachments of the packet have too many bytes together.',
  INVALID_PLACEHOLDER: 'The placeholders do not stand for each attachment once.',
  UNEXPECTED_TEXT: 'Text came where an attachment was expected.',
  UNEXPECTED_BINARY: 'An attachment came that no packet has announced.',
} as const;

export type ViolationCode = keyof typeof violations;

/** Thrown by the decoders of Engine.IO and Socket.IO; they throw nothing else. */
export class ProtocolViolation extends Error {
  override readonly name = 'ProtocolViolation';
  readonly code: ViolationCode;
  constructor(code: ViolationCode) {
    super(violations[code]);
    this.code = code;
  }
}
