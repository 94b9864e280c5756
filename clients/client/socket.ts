import { closeTexts } from '../../protocol/close-texts.ts';
import { TandemError } from './error.ts';
import { messagesIn, parsedFrom, type Socket, type SocketHandler } from './transport.ts';

/** As much of a WebSocket as is needed: that of browsers and Node, or of the package `ws`. */
export interface WebSocketLike {
  /** Bytes that wait to be sent. */
  readonly bufferedAmount?: number;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: what browsers and `ws` declare has nothing else in common
  addEventListener(type: any, listener: (event: any) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** Frames are arrays of messages. */
export const SUBPROTOCOL = 'tandem.v1';
const BUSY_BYTES = 64 * 1024;

/** The one that was given, or that of the browser or of Node. */
export function webSocketOf(given: WebSocketConstructor | undefined): WebSocketConstructor | undefined {
  return given ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
}

/** Opens a WebSocket. Whatever it does after it was ended, or closed, concerns nobody. */
export function openSocket(url: string, given: WebSocketConstructor | undefined, handler: SocketHandler) {
  const Constructor = webSocketOf(given);
  if (Constructor === undefined) {
    throw new TandemError('NO_WEBSOCKET', 'connect needs the option WebSocket.');
  }
  const socket = new Constructor(url, [SUBPROTOCOL]);
  let isLive = true;
  socket.addEventListener('open', () => isLive && handler.opened());
  socket.addEventListener('message', ({ data }: { data: unknown }) => {
    for (const message of messagesIn(String(data))) if (isLive) handler.received(message);
  });
  // What went wrong is not told to programs in browsers; `close` follows.
  socket.addEventListener('error', () => {});
  socket.addEventListener('close', ({ code, reason }: { code: number; reason: string }) => {
    if (!isLive) return;
    isLive = false;
    // A close frame's reason is JSON, where it is the server's.
    const advice = (parsedFrom(String(reason)) ?? {}) as {
      code?: keyof typeof closeTexts;
      retryAfterMs?: number;
    };
    const text = closeTexts[advice.code as keyof typeof closeTexts];
    const message = text ?? `The server closed with ${code}.`;
    handler.closed({ ...advice, message, isFinal: code >= 4100 && code < 4200 });
  });
  return {
    signalMs: 0,
    get isBusy() {
      return (socket.bufferedAmount ?? 0) > BUSY_BYTES;
    },
    send: (message) => isLive && socket.send(JSON.stringify(message)),
    end(goodbye) {
      isLive = false;
      // Should it come through after all, it would be a goodbye without a code, too. [SPEC: PR2, PR3]
      socket.close(goodbye ? 1000 : 4900);
    },
  } satisfies Socket;
}
