import type { DirectEvent } from '../dialect/events.ts';
import type { Peers } from '../peers/peers.ts';

/** What a node does for a user of whom it does not know where else there are connections. */
export interface ForUser {
  /** Ends the user's connections. */
  disconnect(userId: string): void;
  /** Tells those that are not in the user's own room, once of each id. */
  notify(userId: string, event: Extract<DirectEvent, { type: 'notification' }>): void;
}

/** What nodes ask of each other: at once, and without any promise. */
type Asked =
  | { readonly disconnect: string }
  | { readonly notify: string; readonly event: Parameters<ForUser['notify']>[1] };

const SUBJECT = 'user';

/** @param here does what other nodes ask. @returns what asks them */
export function createElsewhere(peers: Peers, here: ForUser): ForUser {
  peers.serve(SUBJECT, {
    hear(text) {
      const asked = JSON.parse(text) as Asked;
      if ('disconnect' in asked) here.disconnect(asked.disconnect);
      else here.notify(asked.notify, asked.event);
    },
  });
  const tell = (asked: Asked) => peers.tell(SUBJECT, JSON.stringify(asked));
  return {
    disconnect: (userId) => tell({ disconnect: userId }),
    notify: (userId, event) => tell({ notify: userId, event }),
  };
}
