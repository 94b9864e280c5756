import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/*
 * A WebSocket client (RFC 6455) that does no more than a load generator needs: text frames, no extensions.
 * A client library would cost more than the servers that are measured with it.
 */

export interface WireOptions {
  host: string;
  port: number;
  secure: boolean;
  /** With its query. */
  path: string;
  /** The subprotocol, if any. */
  protocol: string | undefined;
  headers: Readonly<Record<string, string>>;
  /** Another address of this machine gives another 28,000 ports. */
  localAddress: string | undefined;
  opened(): void;
  /** The payload of a text frame: valid during this call only. */
  received(bytes: Buffer, start: number, end: number): void;
  /** Without a word of its own: `why` is the close code, or what went wrong. */
  closed(why: number | string): void;
}

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** The code 1000. */
const GOING = Buffer.from([0x03, 0xe8]);
const GOODBYE_MS = 1000;
const HANDSHAKE_END = Buffer.from('\r\n\r\n');

/** One for all sockets: what is in it has been looked at before the next read. */
const shared = Buffer.allocUnsafe(1 << 20);

export class Wire {
  readonly #options: WireOptions;
  readonly #socket: Socket;
  #rest: Buffer | undefined;
  #isOpen = false;
  #ended = false;
  /** All that has come over it. */
  bytes = 0;

  constructor(options: WireOptions) {
    this.#options = options;
    const { host, port, secure, localAddress } = options;
    const onread = {
      buffer: () => shared,
      callback: (count: number, buffer: Uint8Array) => {
        this.#read(Buffer.from(buffer.buffer, buffer.byteOffset, count));
        return true;
      },
    };
    const address = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
    this.#socket = secure
      ? // For a certificate's sake; an address is no name (RFC 6066).
        connectTls({ ...address, ...(isIP(host) === 0 ? { servername: host } : {}) })
      : connectTcp({ ...address, onread: onread as never });
    if (secure) this.#socket.on('data', (bytes) => this.#read(bytes));
    this.#socket.setNoDelay(true);
    this.#socket.once(secure ? 'secureConnect' : 'connect', () => this.#shakeHands());
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('closed'));
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  send(text: string): void {
    this.#frame(TEXT, Buffer.from(text));
  }

  /** Says goodbye. Resolves when the server has heard it, or does not answer. */
  leave(): Promise<void> {
    this.#ended = true;
    if (!this.#isOpen) this.#socket.destroy();
    if (this.#socket.destroyed) return Promise.resolve();
    this.#frame(CLOSE, GOING);
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#socket.destroy(), GOODBYE_MS);
      this.#socket.once('close', () => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** As when a cable is cut: no goodbye. */
  cut(): void {
    this.#ended = true;
    this.#socket.resetAndDestroy();
  }

  #shakeHands(): void {
    const { host, port, path, protocol, headers } = this.#options;
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${Buffer.from(Math.random().toString().padEnd(16).slice(0, 16)).toString('base64')}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    this.#socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.bytes += chunk.length;
    let bytes = chunk;
    if (this.#rest !== undefined) {
      bytes = Buffer.concat([this.#rest, chunk]);
      this.#rest = undefined;
    }
    let at = 0;
    if (!this.#isOpen) {
      at = this.#answered(bytes);
      if (at < 0) return;
    }
    while (at < bytes.length && !this.#ended) {
      const next = this.#take(bytes, at);
      if (next < 0) break;
      at = next;
    }
    if (at < bytes.length) this.#rest = Buffer.from(bytes.subarray(at));
  }

  /** @returns where the answer to the handshake ends; -1: not yet, or never */
  #answered(bytes: Buffer): number {
    const end = bytes.indexOf(HANDSHAKE_END);
    if (end < 0) {
      this.#rest = Buffer.from(bytes);
      return -1;
    }
    const status = bytes.toString('latin1', 0, bytes.indexOf('\r\n'));
    if (!status.startsWith('HTTP/1.1 101')) {
      this.#end(`${status} ${bytes.toString('utf8', end, end + 300)}`);
      return -1;
    }
    this.#isOpen = true;
    this.#options.opened();
    return end + 4;
  }

  /** @returns where the frame at `at` ends; -1: it is not there as a whole */
  #take(bytes: Buffer, at: number): number {
    if (bytes.length - at < 2) return -1;
    const opcode = (bytes[at] as number) & 15;
    let length = (bytes[at + 1] as number) & 127;
    let start = at + 2;
    if (length === 126) {
      if (bytes.length < at + 4) return -1;
      length = bytes.readUInt16BE(at + 2);
      start = at + 4;
    } else if (length === 127) {
      if (bytes.length < at + 10) return -1;
      length = Number(bytes.readBigUInt64BE(at + 2));
      start = at + 10;
    }
    const end = start + length;
    if (end > bytes.length) return -1;
    if (opcode === TEXT) this.#options.received(bytes, start, end);
    else if (opcode === PING) this.#frame(PONG, Buffer.from(bytes.subarray(start, end)));
    else if (opcode === CLOSE) this.#end(length >= 2 ? bytes.readUInt16BE(start) : 1005);
    return end;
  }

  #frame(opcode: number, payload: Buffer): void {
    const { length } = payload;
    const wide = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const frame = Buffer.allocUnsafe(6 + wide + length);
    frame[0] = 0x80 | opcode;
    frame[1] = 0x80 | (wide === 0 ? length : wide === 2 ? 126 : 127);
    if (wide === 2) frame.writeUInt16BE(length, 2);
    if (wide === 8) frame.writeBigUInt64BE(BigInt(length), 2);
    // A mask of zeros is one, and leaves the payload as it is.
    frame.fill(0, 2 + wide, 6 + wide);
    payload.copy(frame, 6 + wide);
    this.#socket.write(frame);
  }

  #end(why: number | string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#socket.destroy();
    this.#options.closed(why);
  }
}

/** Where the connection of this index comes from: an address has no more than 28,000 ports. */
export function placeOf(index: number): string | undefined {
  const place = Math.floor(index / 20_000);
  // Others than 127.0.0.1 some systems lack.
  return place === 0 ? undefined : `127.0.0.${1 + place}`;
}
