import type { Dialect } from '../dialect.ts';
import { postDialect, streamDialectOf } from './event-stream.ts';
import { nativeBatch, nativeSingle } from './native.ts';
import { socketDialectOf } from './socket-io/dialects.ts';

/** The subprotocol that switches on batch frames. [SPEC: NP] */
export const BATCH_PROTOCOL = 'tandem.v1';

/** What decides how a client speaks, of its opening request. */
export interface Opening {
  readonly namespace?: string;
  readonly query: string;
  readonly protocol: string;
  readonly stream?: readonly string[] | 'none';
}

export function dialectOf({ namespace = '', query, protocol, stream }: Opening): Dialect {
  if (stream !== undefined) return stream === 'none' ? postDialect : streamDialectOf(stream);
  return socketDialectOf(namespace, query) ?? (protocol === BATCH_PROTOCOL ? nativeBatch : nativeSingle);
}
