import type * as Uws from 'uWebSockets.js';
import type { HttpOutput, HttpResponse, HttpStream } from './connection.ts';
import { statusLine } from './http-response.ts';

/** What µWS is given at once: it buffers what it cannot pass on, but does not say how much that is. */
const PIECE_BYTES = 64 * 1024;

/** Writes the head of a response and hands its body over to the stream. To be called within a cork. */
export function streamUws(
  response: Uws.HttpResponse,
  { status, headers }: HttpResponse,
  stream: HttpStream,
): UwsOutput {
  const output = new UwsOutput(response, stream);
  response.writeStatus(statusLine(status));
  for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
  response.writeHeader('connection', 'close');
  response.onWritable(() => output.writable());
  stream.opened(output);
  return output;
}

/**
 * The body of a response on µWS. What the peer cannot take waits here, in pieces: µWS itself is given no more
 * than one of them at a time. It breaks off a response that makes no progress for about ten seconds.
 */
export class UwsOutput implements HttpOutput {
  #response: Uws.HttpResponse | undefined;
  readonly #stream: HttpStream;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isEnding = false;
  #isBehind = false;

  constructor(response: Uws.HttpResponse, stream: HttpStream) {
    this.#response = response;
    this.#stream = stream;
  }

  write(chunk: string | Uint8Array): boolean {
    const response = this.#response;
    if (response === undefined || this.#isEnding) return true;
    if (!this.#isBehind && chunk.length <= PIECE_BYTES) {
      // Corked it leaves in one system call.
      response.cork(() => this.#put(response, chunk));
    } else {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        this.#waiting.push(bytes.subarray(at, at + PIECE_BYTES));
      }
      this.#waitingBytes += bytes.length;
      if (!this.#isBehind) this.#writeWaiting(response);
    }
    return !this.#isBehind;
  }

  bufferedBytes(): number {
    return this.#waitingBytes;
  }

  end(): void {
    if (this.#response === undefined || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#waiting.length === 0) this.#finish(this.#response);
  }

  destroy(): void {
    this.#response?.close();
  }

  /** The operating system takes more. Without a write in here µWS would not pass on what it has buffered. */
  writable(): boolean {
    const response = this.#response;
    if (response === undefined) return true;
    this.#isBehind = false;
    response.cork(() => {});
    this.#writeWaiting(response);
    if (!this.#isBehind && this.#response !== undefined && !this.#isEnding) this.#stream.drained();
    return true;
  }

  /** The peer has gone: the response must not be touched any more. */
  aborted(): void {
    if (this.#response !== undefined) this.#closed();
  }

  #writeWaiting(response: Uws.HttpResponse): void {
    response.cork(() => {
      while (!this.#isBehind) {
        const piece = this.#waiting.shift();
        if (piece === undefined) break;
        this.#waitingBytes -= piece.length;
        this.#put(response, piece);
      }
    });
    if (this.#isEnding && this.#waiting.length === 0) this.#finish(response);
  }

  #put(response: Uws.HttpResponse, chunk: string | Uint8Array): void {
    if (!response.write(chunk)) this.#isBehind = true;
  }

  #finish(response: Uws.HttpResponse): void {
    // The head has said that the connection ends; said again here, µWS would write it into the body.
    this.#closed(() => response.cork(() => response.end()));
  }

  #closed(last = () => {}): void {
    this.#response = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#isBehind = false;
    last();
    this.#stream.closed();
  }
}
