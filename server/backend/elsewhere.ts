import type { DirectEvent } from '../dialect/events.ts';
import { openLastingLog } from '../log/lasting-log.ts';
import type { Log } from '../log/log.ts';

/** What a node does for a user of whom it does not know where else there are connections. */
export interface ForUser {
  /** Ends the user's connections. */
  disconnect(userId: string): void;
  /** Tells those that are not in the user's own room. */
  notify(userId: string, event: Extract<DirectEvent, { type: 'notification' }>): void;
}

/** What nodes ask of each other: at once, and without any promise. */
type Asked =
  | { readonly disconnect: string }
  | { readonly notify: string; readonly event: Parameters<ForUser['notify']>[1] };

/** The log over which they do, to which nothing is appended: a name that no room can have. */
const ELSEWHERE = '\u0001elsewhere';

/**
 * Opens the way to the other nodes that share a store. Rejects with a LogError.
 *
 * @param here does what they ask
 */
export async function openElsewhere(log: Log, here: ForUser): Promise<ForUser & { close(): Promise<void> }> {
  const opened = await openLastingLog(log, ELSEWHERE, {
    read() {},
    absorb() {},
    hear(text) {
      const asked = JSON.parse(text) as Asked;
      if ('disconnect' in asked) here.disconnect(asked.disconnect);
      else here.notify(asked.notify, asked.event);
    },
  });
  const tell = (asked: Asked) => opened.tell(JSON.stringify(asked));
  return {
    disconnect: (userId) => tell({ disconnect: userId }),
    notify: (userId, event) => tell({ notify: userId, event }),
    close: () => opened.close(),
  };
}
