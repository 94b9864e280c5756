import { createHmac } from 'node:crypto';
import { addAbortListener } from 'node:events';
import type { Clock } from '../clock.ts';

/** Where the application is reached, and how it knows who calls. */
export interface Address {
  readonly url: URL;
  /** What requests are signed with. */
  readonly secret: Uint8Array;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

export interface Posted {
  readonly status: number;
  /** Its beginning, up to 64 KiB. */
  readonly body: string;
}

/**
 * Sends JSON to the application, signed. Rejects where there is no answer in time, or it was aborted.
 *
 * @param id of the message: the same for each attempt
 */
export type Post = (id: string, body: string, signal?: AbortSignal) => Promise<Posted>;

/** Beyond it an answer is cut off. */
const MOST_BYTES = 65_536;

/** Requests are signed as Standard Webhooks has it: https://www.standardwebhooks.com */
export function createPost({ url, secret, timeoutMs }: Address, clock: Pick<Clock, 'now' | 'after'>): Post {
  return async (id, body, signal) => {
    const over = new AbortController();
    const cancel = clock.after(timeoutMs, () => over.abort(new Error(`no answer within ${timeoutMs} ms`)));
    // AbortSignal.any would leave something of each request in a signal that outlives it.
    const following = signal && addAbortListener(signal, () => over.abort(signal.reason));
    try {
      signal?.throwIfAborted();
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signature(id, body, secret, clock.now()) },
        body,
        // Whoever is sent elsewhere would be handed what is meant for this address.
        redirect: 'manual',
        signal: over.signal,
      });
      return { status: response.status, body: await beginningOf(response) };
    } finally {
      cancel();
      following?.[Symbol.dispose]();
    }
  };
}

function signature(id: string, body: string, secret: Uint8Array, nowMs: number): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const mac = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
}

async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop ends the request.
    if (bytes >= MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, MOST_BYTES);
}
