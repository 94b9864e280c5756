import type { FetchImplementation } from 'jose';
import { Refusal } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';

/** Hundreds of keys; what says more is none of an issuer's. */
const MAX_KEY_SET_BYTES = 1024 * 1024;

/**
 * Fetches a key set. What has failed is not tried again for `pauseMs`, but refused with
 * KEYS_UNAVAILABLE: any stranger's token leads here, and an issuer that is down is not to be called for each.
 */
export function createKeyFetch(pauseMs: number, clock: Pick<Clock, 'now'>): FetchImplementation {
  let failedAt = Number.NEGATIVE_INFINITY;
  return async (url, options) => {
    const sinceMs = clock.now() - failedAt;
    // A clock that was set back does not make it longer.
    if (sinceMs >= 0 && sinceMs < pauseMs) throw new Refusal('KEYS_UNAVAILABLE');
    try {
      return new Response(await keySetOf(await fetch(url, options)));
    } catch (error) {
      failedAt = clock.now();
      throw error;
    }
  };
}

async function keySetOf(response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`Expected 200 OK of the address of the keys, not ${response.status}`);
  }
  const text = await textOf(response);
  if (!Array.isArray(JSON.parse(text)?.keys)) throw new Error('What came is no JSON Web Key Set');
  return text;
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_KEY_SET_BYTES) throw new Error(`The key set has more than ${MAX_KEY_SET_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
