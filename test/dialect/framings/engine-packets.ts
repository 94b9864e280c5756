import fc from 'fast-check';
import type { EnginePacket } from '../../../server/dialect/framings/engine-io.ts';

/** Any packet. No U+001E in text: what separates packets in a payload cannot be in them. */
export const anyEnginePacket = fc.oneof(
  fc.record(
    {
      type: fc.constantFrom('open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'),
      data: fc.string({ unit: 'binary' }).map((data) => data.replaceAll('\x1e', '')),
    },
    { noNullPrototype: true },
  ),
  fc.record(
    { type: fc.constant('message'), data: fc.uint8Array().map((bytes) => Buffer.from(bytes)) },
    { noNullPrototype: true },
  ),
);

/** A packet in the shape of engine.io-parser: without data rather than with none. */
export function asOfficial({ type, data }: EnginePacket): object {
  return data === '' ? { type } : { type, data };
}
