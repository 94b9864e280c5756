import { type Dialect, reporting } from '../dialect.ts';
import { postDialect, streamDialectOf } from './event-stream.ts';
import { nativeBatch, nativeSingle, nativeStream } from './native.ts';
import { socketDialectOf } from './socket-io/dialects.ts';

/** The subprotocol that switches on batch frames. [SPEC: NP] */
export const BATCH_PROTOCOL = 'tandem.v1';

/** What decides how a client speaks, of its opening request. */
export interface Opening {
  readonly namespace?: string | undefined;
  readonly query: string;
  readonly protocol: string;
  readonly stream?: readonly string[] | 'none' | 'native';
}

/** As `dialectOf`, for dialects that report their faults: what nobody can be told ends nobody. */
export function createDialects(onFault: NonNullable<Dialect['onFault']>): (opening: Opening) => Dialect {
  const made = new Map<Dialect, Dialect>();
  return (opening) => {
    const dialect = dialectOf(opening);
    const known = made.get(dialect) ?? reporting(dialect, onFault);
    made.set(dialect, known);
    return known;
  };
}

export function dialectOf({ namespace = '', query, protocol, stream }: Opening): Dialect {
  if (stream === 'native') return nativeStream;
  if (stream !== undefined) return stream === 'none' ? postDialect : streamDialectOf(stream);
  return socketDialectOf(namespace, query) ?? (protocol === BATCH_PROTOCOL ? nativeBatch : nativeSingle);
}
