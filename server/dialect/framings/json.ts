import { Refusal } from '../../../protocol/index.ts';
import type { Framing } from '../dialect.ts';
import { readCamera, Verbatim } from './verbatim.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** One JSON object a frame, both ways. [SPEC: NP] */
export const singleFrames: Framing = {
  decode(bytes, isBinary) {
    if (isBinary) throw new Refusal('BINARY_FRAME', { expected: 'a text frame' });
    try {
      const text = utf8.decode(bytes);
      return readCamera(text) ?? JSON.parse(text);
    } catch {
      throw new Refusal('NOT_JSON', { expected: 'one JSON object' });
    }
  },
  encode(message) {
    const { camera } = message as { camera?: unknown };
    return camera instanceof Verbatim ? camera.within(message) : JSON.stringify(message);
  },
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
