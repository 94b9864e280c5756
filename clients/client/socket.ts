import { isPlainObject } from '../../protocol/properties.ts';
import { TandemError } from './error.ts';

/** As much of a WebSocket as is needed: that of browsers and Node, or of the package `ws`. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  // biome-ignore lint/suspicious/noExplicitAny: what browsers and `ws` declare has nothing else in common
  addEventListener(type: any, listener: (event: any) => void): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

export interface SocketHandler {
  opened(): void;
  received(message: Readonly<Record<string, unknown>>): void;
  /** Once, after which nothing more is called. */
  closed(code: number, reason: string): void;
}

export interface Socket {
  send(message: object): void;
  /** Ends it; the handler hears nothing more. */
  end(goodbye: boolean): void;
}

/** Frames are arrays of messages. */
export const SUBPROTOCOL = 'tandem.v1';

/** Opens a WebSocket. Whatever it does after it was ended, or closed, concerns nobody. */
export function openSocket(url: string, WebSocket: WebSocketConstructor | undefined, handler: SocketHandler) {
  const Constructor = WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (Constructor === undefined) {
    throw new TandemError('NO_WEBSOCKET', 'There is no WebSocket here; pass one as the option WebSocket.');
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
    handler.closed(code, String(reason));
  });
  return {
    send: (message) => isLive && socket.send(JSON.stringify(message)),
    end(goodbye) {
      isLive = false;
      if (goodbye) socket.close(1000);
      else socket.close();
    },
  } satisfies Socket;
}

/** Whatever is not a message of a server is left out. */
function messagesIn(frame: string): Readonly<Record<string, unknown>>[] {
  try {
    const parsed: unknown = JSON.parse(frame);
    return (Array.isArray(parsed) ? parsed : [parsed]).filter(isPlainObject);
  } catch {
    return [];
  }
}
