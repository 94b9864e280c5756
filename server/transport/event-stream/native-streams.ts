import { LRUCache } from 'lru-cache';
import { encodeStreamEvent } from '../../dialect/framings/event-stream.ts';
import { ownedIds, ownerOf } from '../../peers/owner.ts';
import { NodeUnreachable, type Peers } from '../../peers/peers.ts';
import type { HttpRequest } from '../connection.ts';
import type { EventStream } from './event-stream.ts';
import type { EventStreams } from './event-streams.ts';
import { streamHandshake } from './stream-handshake.ts';

const LINE_BREAK = 0x0a;
const SUBJECTS = ['native:post', 'native:end'] as const;
type Subject = (typeof SUBJECTS)[number];
const MOST_OVER = 10_000;

/**
 * Connections of the native protocol that are carried by an event stream and by posts. A stream tells its
 * client a key, which nobody else can know, and which stands in no address: who has it may post.
 */
export class NativeStreams {
  readonly #streams: EventStreams;
  readonly #newKey: () => string;
  readonly #byKey = new Map<string, EventStream>();
  /** The ids of those that are over: they may have broken off before their goodbye. */
  readonly #over = new LRUCache<string, string>({ max: MOST_OVER });
  readonly #peers: Peers | undefined;

  /** @param peers the other nodes, to which posts may come; undefined: there are none */
  constructor(streams: EventStreams, newKey: () => string, peers: Peers | undefined) {
    this.#streams = streams;
    this.#newKey = ownedIds(newKey, peers);
    this.#peers = peers;
    for (const subject of SUBJECTS)
      peers?.serve(subject, { answer: async (body) => (this.#do(subject, body) ? DONE : '') });
  }

  /** For a response. @param token that was verified; undefined: a guest's */
  open(request: HttpRequest, token: string | undefined): EventStream {
    const key = this.#newKey();
    let isEnded = false;
    const stream = this.#streams.open(
      streamHandshake(request, token, 'native'),
      ({ id }) => {
        isEnded = true;
        this.#byKey.delete(key);
        this.#over.set(key, id);
      },
      encodeStreamEvent({ event: 'open', data: { key } }),
    );
    // It may have ended as soon as it began.
    if (!isEnded) this.#byKey.set(key, stream);
    return stream;
  }

  /** Hands over what was posted, line by line. False: there is no such connection, or no more. */
  post(body: Uint8Array): Promise<boolean> {
    return this.#at('native:post', body);
  }

  /** The client says goodbye. False: there is no such connection, or no more. */
  end(body: Uint8Array): Promise<boolean> {
    return this.#at('native:end', body);
  }

  /** Done by the node that has the stream. Rejects with NodeUnreachable. */
  async #at(subject: Subject, body: Uint8Array): Promise<boolean> {
    const key = keyOf(body);
    const owner = ownerOf(key, this.#peers);
    if (owner === undefined || this.#peers === undefined) return this.#do(subject, body);
    try {
      const { answer } = this.#peers.ask(owner, { subject, body, withinMs: WITHIN_MS });
      return (await answer).toString() === DONE;
    } catch (error) {
      if (error instanceof NodeUnreachable && error.isGone) return false;
      throw error;
    }
  }

  #do(subject: Subject, body: Uint8Array): boolean {
    const key = keyOf(body);
    if (subject === 'native:end')
      return this.#streams.leave(this.#byKey.get(key)?.id ?? this.#over.get(key) ?? '');
    const stream = this.#byKey.get(key);
    for (const message of linesOf(body).slice(1)) stream?.received(message);
    return stream !== undefined;
  }
}

const WITHIN_MS = 10_000;
const DONE = 'done';

/** The first line. */
function keyOf(body: Uint8Array): string {
  const end = body.indexOf(LINE_BREAK);
  return Buffer.from(body.subarray(0, end < 0 ? body.length : end)).toString();
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
