import type { BackoffOptions } from './backoff.ts';
import { type ClientClock, systemClock } from './clock.ts';
import type { WebSocketConstructor } from './socket.ts';
import type { TextSupport } from './text-support.ts';

export interface ConnectOptions {
  /** One token for as long as the client lives. */
  token?: string;
  /** Asked for a token before each connection, and before the one in use expires. Wins over `token`. */
  getToken?(): string | Promise<string>;
  /** Default: the one of the browser, or of Node from 22 on. */
  WebSocket?: WebSocketConstructor;
  /** `text` of `tandem/client/text`, for those who edit texts. */
  text?: TextSupport;
  /** Ordered commands of one room that wait for an answer; more are refused with OUTBOX_FULL. Default 1000. */
  maxPending?: number;
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
  /** Ids that nobody else has. */
  newId(): string;
}

export function termsOf({
  clock = systemClock,
  random = Math.random,
  maxPending = 1000,
  text,
}: ConnectOptions): Terms {
  const part = () => Math.floor(random() * 2 ** 48).toString(36);
  const prefix = `${part()}${part()}`;
  let ids = 0;
  return {
    clock,
    random,
    maxPending,
    text,
    newId() {
      ids += 1;
      return `${prefix}-${ids}`;
    },
  };
}
