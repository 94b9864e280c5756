import { CLOSE_TOO_BIG } from '../../../protocol/closes.ts';
import { decodeEnginePacket, type EnginePacket } from '../../dialect/framings/engine-io.ts';
import { ProtocolViolation } from '../../dialect/framings/protocol-violation.ts';
import { CLOSE_PROTOCOL_ERROR } from '../close-frame.ts';

/** The first byte of a message as text: `4`. */
const MESSAGE = 0x34;

/** What packets of a client do to its session. */
export interface Inbound {
  readonly isOpen: boolean;
  message(bytes: Uint8Array, isBinary: boolean): void;
  pong(): void;
  goodbye(): void;
  /** Everything after what came means nothing. */
  violate(code: number): void;
}

/** Takes a frame of a WebSocket. Messages, which is nearly all, are not copied. */
export function takeFrame(to: Inbound, bytes: Uint8Array, isBinary: boolean, maxBytes: number): void {
  if (!to.isOpen) return;
  if (bytes.byteLength > maxBytes) to.violate(CLOSE_TOO_BIG);
  else if (isBinary) to.message(bytes, true);
  else if (bytes[0] === MESSAGE) to.message(bytes.subarray(1), false);
  else takePackets(to, () => [decodeEnginePacket(Buffer.from(bytes).toString())]);
}

/** Takes what `decode` returns. @returns whether it could be understood */
export function takePackets(to: Inbound, decode: () => EnginePacket[]): boolean {
  let packets: EnginePacket[];
  try {
    packets = decode();
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    to.violate(CLOSE_PROTOCOL_ERROR);
    return false;
  }
  return packets.every((packet) => !to.isOpen || takePacket(to, packet));
}

function takePacket(to: Inbound, { type, data }: EnginePacket): boolean {
  switch (type) {
    case 'message':
      if (typeof data === 'string') to.message(Buffer.from(data), false);
      else to.message(data, true);
      return true;
    case 'pong':
      to.pong();
      return true;
    case 'close':
      to.goodbye();
      return true;
    case 'noop':
      return true;
    case 'open':
    case 'ping':
    case 'upgrade':
      to.violate(CLOSE_PROTOCOL_ERROR);
      return false;
  }
}
