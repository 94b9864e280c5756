import type { Connection } from './connection.ts';

/**
 * Reports of published frames that did not fit, held back until the publish is over: the handler may then
 * do everything, also close or publish. One report per connection and turn.
 */
export interface DropReports {
  has(connection: Connection): boolean;
  /** `frame` is kept: copy it where it may be reused. */
  add(connection: Connection, frame: Uint8Array): void;
  /** Reports now what is held back for the connection, so that no later event overtakes it. */
  flush(connection: Connection): void;
  forget(connection: Connection): void;
}

export function createDropReports(report: (connection: Connection, frame: Uint8Array) => void): DropReports {
  const held = new Map<Connection, Uint8Array>();

  function flush(connection: Connection): void {
    const frame = held.get(connection);
    if (frame === undefined) return;
    held.delete(connection);
    report(connection, frame);
  }

  return {
    has: (connection) => held.has(connection),
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
