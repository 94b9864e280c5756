import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { badFields, valid } from './bad-fields.ts';
import { badFrames, goodFrames, invalidText } from './bad-frames.ts';

const TEXT = 1;
const BINARY = 2;

/** A client's frame, masked (RFC 6455, section 5.2). */
function masked(payload: Uint8Array, opcode: number): Buffer {
  const { length } = payload;
  const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const frame = Buffer.alloc(2 + extended + 4 + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) frame.writeUInt16BE(length, 2);
  if (extended === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  const mask = randomBytes(4);
  mask.copy(frame, 2 + extended);
  const start = 6 + extended;
  for (let index = 0; index < length; index++) {
    frame[start + index] = (payload[index] as number) ^ (mask[index & 3] as number);
  }
  return frame;
}

const bytesOf = (frame: string | Uint8Array) => (typeof frame === 'string' ? Buffer.from(frame) : frame);

/** What a hostile client sends, over and over; none of it takes more than a few KB. */
export function hostileFrames(): Buffer[] {
  const unfit = new Set(invalidText);
  const small = ({ frame }: { frame: string | Uint8Array }) => bytesOf(frame).length < 4096;
  const bad = badFrames.filter((one) => !unfit.has(one) && small(one));
  const fields = badFields().map(({ command }) => JSON.stringify(command));
  // Valid ones, too: they are in no room, or say that they are somebody else.
  const commands = Object.entries(valid).map(([type, command]) =>
    JSON.stringify({ type, ...command, userId: 'mallory' }),
  );
  const text = (frame: string) => masked(Buffer.from(frame), TEXT);
  const kinds = [
    bad.map(({ frame, binary }) => masked(bytesOf(frame), binary ? BINARY : TEXT)),
    fields.filter((frame) => frame.length < 4096).map(text),
    [...commands, ...goodFrames.filter((frame) => frame.length < 4096)].map(text),
    Array.from({ length: 50 }, (_, count) => masked(randomBytes(count * 7), BINARY)),
  ];
  // As many of each kind, one after the other.
  const most = Math.max(...kinds.map((kind) => kind.length));
  return Array.from({ length: most }, (_, at) =>
    kinds.map((kind) => kind[at % kind.length] as Buffer),
  ).flat();
}

/** A connection that sends frames made ahead and reads without looking. */
export interface Attacker {
  readonly socket: Socket;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  /** Bytes that have arrived. */
  received(): number;
  /** Sends so many frames; resolves when the system has taken them or the connection has ended. */
  send(frames: readonly Buffer[], count: number): Promise<void>;
  /** Resolves when the server has treated everything before, or the connection has ended. */
  treated(): Promise<void>;
}

const BATCH = 500;

export async function attacker(port: number): Promise<Attacker> {
  const socket = connect(port, '127.0.0.1');
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let bytes = 0;
  let tail = '';
  let wake = () => {};
  socket.on('error', () => {});
  const upgraded = new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      tail = (tail + chunk.toString('latin1')).slice(-4096);
      if (tail.includes('\r\n\r\n')) resolve();
      // The reason of a close frame; without an answer to it the server would wait for one.
      if (/\{"code":"[A-Z_]+"\}$/.test(tail)) socket.destroy();
      wake();
    });
  });
  const head = ['GET /ws HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade'];
  const rest = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''];
  socket.write([...head, ...rest].join('\r\n'));
  await Promise.race([upgraded, ended]);
  let markers = 0;
  let at = Math.floor(Math.random() * 1000);

  return {
    socket,
    ended,
    received: () => bytes,
    async send(frames, count) {
      for (let left = count; left > 0 && !socket.destroyed; left -= BATCH) {
        const batch = Array.from({ length: Math.min(BATCH, left) }, () => {
          at += 1;
          return frames[at % frames.length] as Buffer;
        });
        if (socket.write(Buffer.concat(batch))) continue;
        await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), ended]);
      }
    },
    async treated() {
      markers += 1;
      const marker = `marker-${markers}-${Math.random()}`;
      const arrived = new Promise<void>((resolve) => {
        wake = () => {
          if (tail.includes(marker)) resolve();
        };
      });
      socket.write(masked(Buffer.from(JSON.stringify({ type: 'heartbeat', ref: marker })), TEXT));
      await Promise.race([arrived, ended]);
    },
  };
}
