import { Refusal } from '../../../protocol/index.ts';
import type { Framing } from '../dialect.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** One JSON object a frame, both ways. [SPEC: NP] */
export const singleFrames: Framing = {
  decode(bytes, isBinary) {
    if (isBinary) throw new Refusal('BINARY_FRAME', { expected: 'a text frame' });
    try {
      return JSON.parse(utf8.decode(bytes));
    } catch {
      throw new Refusal('NOT_JSON', { expected: 'one JSON object' });
    }
  },
  encode: JSON.stringify,
  frames: (encoded) => encoded,
  isWatched: false,
  batches: false,
};

/** Subprotocol `tandem.v1`: one JSON array a flush from the server; single objects to it. */
export const batchFrames: Framing = {
  ...singleFrames,
  frames: (encoded) => (encoded.length === 0 ? [] : [`[${encoded.join(',')}]`]),
  batches: true,
};
