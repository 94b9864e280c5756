import type { Connection } from './connection.ts';

/**
 * Reports of published frames that did not fit, held back until the publish is over: the handler may then
 * do everything, also close or publish. One report per connection and turn.
 */
export interface DropReports<C extends Connection = Connection> {
  has(connection: C): boolean;
  /** Those whose report is held back. */
  connections(): readonly C[];
  /** `frame` is kept: copy it where it may be reused. */
  add(connection: C, frame: Uint8Array): void;
  /** Reports now what is held back for the connection, so that no later event overtakes it. */
  flush(connection: C): void;
  forget(connection: C): void;
}

/** Nearly always. */
const none: never[] = [];

export function createDropReports<C extends Connection>(
  report: (connection: C, frame: Uint8Array) => void,
): DropReports<C> {
  const held = new Map<C, Uint8Array>();

  function flush(connection: C): void {
    const frame = held.get(connection);
    if (frame === undefined) return;
    held.delete(connection);
    report(connection, frame);
  }

  return {
    has: (connection) => held.has(connection),
    connections: () => (held.size === 0 ? none : [...held.keys()]),
    add(connection, frame) {
      if (held.has(connection)) return;
      // Not a microtask: Node runs those as soon as a callback from C++ returns, which is amid the publish.
      if (held.size === 0) {
        setImmediate(() => {
          for (const late of [...held.keys()]) flush(late);
        });
      }
      held.set(connection, frame);
    },
    flush,
    forget: (connection) => void held.delete(connection),
  };
}
