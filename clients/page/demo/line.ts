import type { WebSocketConstructor, WebSocketLike } from '../../client/index.ts';
import { fetchOver } from './line-fetch.ts';

type Listener = (event: object) => void;

/** Not a goodbye: the server keeps the place of a connection that ends so. */
const CUT = 4900;
const SLOW_MS = 400;

/** The line to the server, which can be cut and made slow, and counts what goes over it. */
export class Line {
  /** Messages so far. */
  received = 0;
  sent = 0;
  isCut = false;
  isSlow = false;
  /** Options of `connect`. */
  readonly ways: { readonly WebSocket: WebSocketConstructor; readonly fetch: typeof fetch };
  readonly #open = new Set<() => void>();

  constructor() {
    const line = this;
    const Socket = class implements WebSocketLike {
      readonly #listeners = new Map<string, Listener>();
      readonly #socket: WebSocket | undefined;
      readonly #out = delayed(line);
      readonly #in = delayed(line);
      readonly #cut = () => {
        this.#socket?.close(CUT);
        this.#ended(1006, '');
      };
      #isLive = true;

      constructor(url: string, protocols: string[]) {
        if (line.isCut) {
          setTimeout(() => this.#ended(1006, ''));
          return;
        }
        this.#socket = new WebSocket(url, protocols);
        line.#open.add(this.#cut);
        this.#socket.addEventListener('open', () => this.#in(() => this.#tell('open', {})));
        this.#socket.addEventListener('message', ({ data }) => {
          this.#in(() => {
            if (this.#isLive) line.received += countOf(String(data));
            this.#tell('message', { data });
          });
        });
        this.#socket.addEventListener('close', ({ code, reason }) => this.#ended(code, reason));
      }

      addEventListener(type: string, listener: Listener): void {
        this.#listeners.set(type, listener);
      }

      send(text: string): void {
        line.sent += 1;
        this.#out(() => this.#socket?.readyState === WebSocket.OPEN && this.#socket.send(text));
      }

      close(code?: number, reason?: string): void {
        line.#open.delete(this.#cut);
        this.#socket?.close(code, reason);
      }

      #tell(type: string, event: object): void {
        if (this.#isLive) this.#listeners.get(type)?.(event);
      }

      #ended(code: number, reason: string): void {
        line.#open.delete(this.#cut);
        this.#tell('close', { code, reason });
        this.#isLive = false;
      }
    };
    this.ways = { WebSocket: Socket, fetch: fetchOver(this, this.#open, SLOW_MS) };
  }

  /** Ends the connection without a word; none is made until it is mended. */
  cut(): void {
    this.isCut = true;
    for (const cut of [...this.#open]) cut();
  }

  mend(): void {
    this.isCut = false;
  }
}

/** Does things later while the line is slow. What comes after that waits for what is on its way, and no longer. */
function delayed(line: { readonly isSlow: boolean }): (action: () => void) => void {
  const waiting: { readonly isSlow: boolean; action(): void }[] = [];
  const pass = () => {
    try {
      do waiting.shift()?.action();
      while (waiting[0]?.isSlow === false);
    } finally {
      // After one that has failed.
      if (waiting[0]?.isSlow === false) pass();
    }
  };
  return (action) => {
    const { isSlow } = line;
    if (!isSlow && waiting.length === 0) return action();
    waiting.push({ isSlow, action });
    if (isSlow) setTimeout(pass, SLOW_MS);
  };
}

/** Frames are arrays of messages. */
function countOf(frame: string): number {
  const parsed: unknown = JSON.parse(frame);
  return Array.isArray(parsed) ? parsed.length : 1;
}
