import type { BackoffOptions } from './backoff.ts';
import { type ClientClock, systemClock } from './clock.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { WebSocketConstructor } from './socket.ts';
import type { TextSupport } from './text-support.ts';
import type { TransportName } from './transport.ts';

export interface ConnectOptions {
  /** One token for as long as the client lives. */
  token?: string;
  /**
   * Asked for a token before each connection, and before the one in use expires. Wins over `token`. One of another
   * user than the first ends the client for good, with the error IDENTITY_MISMATCH: what waits in its rooms is not that
   * user's, and is rejected with CLOSED. An application then makes a new client, with `connect`, and joins with that.
   */
  getToken?(): string | Promise<string>;
  /**
   * Connect when the first room is joined, and not at once. Default false. Where pages are rendered on a server
   * first, nothing is connected there.
   */
  lazy?: boolean;
  /**
   * What to connect over, the first choice first. Default `['websocket', 'event-stream']`: where a WebSocket does
   * not get through, messages come as an event stream and go as posts, until one does.
   */
  transports?: readonly TransportName[];
  /** For event streams. Default: the one of the browser, or of Node. */
  fetch?: typeof fetch;
  /** Default: the one of the browser, or of Node from 22 on. */
  WebSocket?: WebSocketConstructor;
  /** `text` of `tandem/client/text`, for those who edit texts. */
  text?: TextSupport;
  /** Ordered commands of one room that wait for an answer; more are refused with OUTBOX_FULL. Default 1000. */
  maxPending?: number;
  /**
   * Keeps what waits for an answer across page loads: `indexedDbOutbox` of `tandem/client/storage`, or a store of the
   * application's own. Without it that is lost with the page.
   */
  outbox?: OutboxStore;
  backoff?: BackoffOptions;
  /** Milliseconds between two signs of life; a dead connection is found within half of that. Default: the server's. */
  heartbeatMs?: number;
  clock?: ClientClock;
  /** From 0 to 1. Default `Math.random`. */
  random?(): number;
}

/** What the parts of a client share. */
export interface Terms {
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly maxPending: number;
  readonly text: TextSupport | undefined;
  readonly outbox: OutboxStore | undefined;
  /** Ids that nobody else has. */
  newId(): string;
}

export function termsOf({
  clock = systemClock,
  random = Math.random,
  maxPending = 1000,
  text,
  outbox,
}: ConnectOptions): Terms {
  const part = () => Math.floor(random() * 2 ** 48).toString(36);
  const prefix = `${part()}${part()}`;
  let ids = 0;
  return {
    clock,
    random,
    maxPending,
    text,
    outbox,
    newId() {
      ids += 1;
      return `${prefix}-${ids}`;
    },
  };
}
