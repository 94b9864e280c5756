import type { ConnectionHandler } from '../connection.ts';
import type { CorsOptions } from '../cors.ts';

export type EngineTransport = 'polling' | 'websocket';

/** Engine.IO protocol 4 at a path, with a handler of its own. */
export interface EngineIoMount {
  /** With or without a slash at its end: both are served. */
  readonly path: string;
  /**
   * Its connections are sessions, over long-polling or a WebSocket, whichever it is at the moment.
   *
   * Outbound, text frames are finished packets: `4` and the content. Binary frames are the bytes of a message.
   * Inbound, `received` is called with the content of messages, without the `4`: UTF-8 or binary.
   *
   * Closes from the client's side: 1000 is a close packet (clean), 1002 a violation of the protocol, 1009 a frame
   * or body above `maxPayloadBytes`, 1006 a timeout or an aborted request; else those of the WebSocket.
   */
  readonly handler: ConnectionHandler;
  readonly options?: Partial<EngineIoOptions>;
}

export interface EngineIoOptions {
  /** From a pong, or the opening, to the next ping. Default: 25,000. */
  readonly pingIntervalMs: number;
  /** A session without a pong for so long after a ping is over. Default: 20,000. */
  readonly pingTimeoutMs: number;
  /** From a WebSocket's opening to the packet that completes the upgrade. Default: 10,000. */
  readonly upgradeTimeoutMs: number;
  /** Of a body, or of a frame up to the transport's own limit; more closes the session. Default: 1,000,000. */
  readonly maxPayloadBytes: number;
  /** Default: both. */
  readonly transports: readonly EngineTransport[];
  /** For load balancers that keep clients to one node by a cookie. Default: none. */
  readonly cookie: CookieOptions | undefined;
  /** Pages of which origins may speak long-polling. Default: those of the same origin only. */
  readonly cors: CorsOptions;
}

/** A cookie that the answer to a handshake over long-polling sets; its value is the session's id. */
export interface CookieOptions {
  readonly name: string;
  /** Default: '/'. */
  readonly path?: string;
  /** Default: 'Lax'. `None` needs `secure`. */
  readonly sameSite?: 'Strict' | 'Lax' | 'None';
  /** Default: false. */
  readonly secure?: boolean;
}

export const defaultOptions: EngineIoOptions = {
  pingIntervalMs: 25_000,
  pingTimeoutMs: 20_000,
  upgradeTimeoutMs: 10_000,
  maxPayloadBytes: 1_000_000,
  transports: ['polling', 'websocket'],
  cookie: undefined,
  cors: { origins: [], credentials: false },
};

/** The value of a Set-Cookie header. RFC 6265, section 4.1. Out of the reach of scripts. */
export function setCookie(cookie: CookieOptions, sid: string): string {
  const { name, path = '/', sameSite = 'Lax', secure = false } = cookie;
  return `${name}=${sid}; Path=${path}; HttpOnly; SameSite=${sameSite}${secure ? '; Secure' : ''}`;
}
