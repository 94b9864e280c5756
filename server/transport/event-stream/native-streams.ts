import { encodeStreamEvent } from '../../dialect/framings/event-stream.ts';
import type { HttpRequest } from '../connection.ts';
import type { EventStream } from './event-stream.ts';
import type { EventStreams } from './event-streams.ts';
import { streamHandshake } from './stream-handshake.ts';

const LINE_BREAK = 0x0a;

/**
 * Connections of the native protocol that are carried by an event stream and by posts. A stream tells its
 * client a key, which nobody else can know, and which stands in no address: who has it may post.
 */
export class NativeStreams {
  readonly #streams: EventStreams;
  readonly #newKey: () => string;
  readonly #byKey = new Map<string, EventStream>();

  constructor(streams: EventStreams, newKey: () => string) {
    this.#streams = streams;
    this.#newKey = newKey;
  }

  /** For a response. @param token that was verified; undefined: a guest's */
  open(request: HttpRequest, token: string | undefined): EventStream {
    const key = this.#newKey();
    let isEnded = false;
    const stream = this.#streams.open(
      streamHandshake(request, token, 'native'),
      () => {
        isEnded = true;
        this.#byKey.delete(key);
      },
      encodeStreamEvent({ event: 'open', data: { key } }),
    );
    // It may have ended as soon as it began.
    if (!isEnded) this.#byKey.set(key, stream);
    return stream;
  }

  /** Hands over what was posted, line by line. False: there is no such connection, or no more. */
  post(body: Uint8Array): boolean {
    const [key, ...messages] = linesOf(body);
    const stream = this.#byKey.get(Buffer.from(key ?? []).toString());
    for (const message of messages) stream?.received(message);
    return stream !== undefined;
  }

  /** The client says goodbye. False: there is no such connection, or no more. */
  end(body: Uint8Array): boolean {
    const stream = this.#byKey.get(Buffer.from(body).toString());
    stream?.leave();
    return stream !== undefined;
  }
}

/** JSON has no line breaks but between tokens, where this protocol has none. */
function linesOf(body: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at <= body.length; ) {
    const next = body.indexOf(LINE_BREAK, at);
    const end = next < 0 ? body.length : next;
    if (end > at) lines.push(body.subarray(at, end));
    at = end + 1;
  }
  return lines;
}
