import { ownerOf } from '../../peers/owner.ts';
import { type Asker, NodeUnreachable, type Peers, type PendingQuestion } from '../../peers/peers.ts';
import type { HttpRequest } from '../connection.ts';
import { BodyTooLarge, RequestAborted } from '../http-body.ts';
import { type Exchange, type Outcome, refusal } from './exchange.ts';
import type { EngineIoOptions } from './options.ts';

export interface PassingParts {
  readonly peers: Peers;
  readonly options: EngineIoOptions;
  /** Answers what other nodes pass to this one. */
  exchange(asked: Exchange): Outcome | Promise<Outcome>;
}

/** What a node needs to know of a request to answer it for another; the body follows. */
interface Head {
  readonly method: string;
  readonly sid: string;
  /** How much of the body there is. */
  readonly body: 'whole' | 'too large' | 'cut off';
}

/** Requests of sessions that live on another node: it answers them, so that clients may send them to any. */
export class Passing {
  readonly #parts: PassingParts;
  readonly #subject: string;
  /** Polls that are held elsewhere. */
  readonly #held = new Set<PendingQuestion>();
  #isDraining = false;

  /** @param path of the mount: that of the other node's */
  constructor(path: string, parts: PassingParts) {
    this.#parts = parts;
    this.#subject = encodeURI(path);
    parts.peers.serve(this.#subject, { answer: (body, asker) => this.#answer(body, asker) });
  }

  /** The other node that holds the session, if there still is one; undefined: if any, this one. */
  ownerOf(sid: string | undefined): string | undefined {
    return sid === undefined ? undefined : ownerOf(sid, this.#parts.peers);
  }

  /** Polls do not wait any more: their clients shall come by another node. */
  drain(): void {
    this.#isDraining = true;
    for (const poll of this.#held) poll.hurry();
  }

  async pass(owner: string, sid: string, request: HttpRequest): Promise<Outcome> {
    const { peers, options } = this.#parts;
    const isPoll = request.method === 'GET';
    // Before anything else is awaited.
    const { body, bytes } = isPoll ? nothing : await bodyOf(request, options.maxPayloadBytes);
    const head: Head = { method: request.method, sid, body };
    // Until then the session has been pinged, or is over.
    const withinMs = options.pingIntervalMs + options.pingTimeoutMs;
    const question = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), bytes]);
    const asked = peers.ask(owner, { subject: this.#subject, body: question, withinMs });
    request.aborted.addEventListener('abort', asked.cancel, { once: true });
    if (isPoll) this.#hold(asked);
    try {
      return decodeOutcome(await asked.answer);
    } catch (error) {
      if (!(error instanceof NodeUnreachable)) throw error;
      return refusal(error.isGone ? 'UNKNOWN_SID' : 'NODE_UNREACHABLE');
    } finally {
      this.#held.delete(asked);
    }
  }

  #hold(asked: PendingQuestion): void {
    this.#held.add(asked);
    if (this.#isDraining) asked.hurry();
  }

  async #answer(question: Buffer, { cancelled, hurried }: Asker): Promise<Buffer> {
    const end = question.indexOf('\n');
    const { method, sid, body } = JSON.parse(question.toString('utf8', 0, end)) as Head;
    const outcome = await this.#parts.exchange({
      method,
      query: { version: '4', transport: 'polling', sid },
      isUpgrade: false,
      aborted: cancelled,
      hurried,
      async body(maxBytes) {
        if (body === 'too large') throw new BodyTooLarge(maxBytes);
        if (body === 'cut off') throw new RequestAborted();
        return question.subarray(end + 1);
      },
    });
    return encodeOutcome(outcome);
  }
}

const nothing = { body: 'whole', bytes: new Uint8Array() } as const;

/** What is wrong with a body is for the node of the session to decide on. */
async function bodyOf(
  request: HttpRequest,
  maxBytes: number,
): Promise<{ body: Head['body']; bytes: Uint8Array }> {
  try {
    return { body: 'whole', bytes: await request.body(maxBytes) };
  } catch (error) {
    return { ...nothing, body: error instanceof BodyTooLarge ? 'too large' : 'cut off' };
  }
}

function encodeOutcome({ body, ...head }: Outcome): Buffer {
  return Buffer.from(`${JSON.stringify(head)}\n${body}`);
}

function decodeOutcome(bytes: Buffer): Outcome {
  const end = bytes.indexOf('\n');
  return { ...JSON.parse(bytes.toString('utf8', 0, end)), body: bytes.toString('utf8', end + 1) };
}
