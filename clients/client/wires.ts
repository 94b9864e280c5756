import type { ClientClock } from './clock.ts';
import { openEventStream } from './event-stream.ts';
import type { ConnectOptions, Terms } from './options.ts';
import { Probing } from './probing.ts';
import { openSocket, webSocketOf } from './socket.ts';
import type { Socket, SocketHandler, TransportName } from './transport.ts';
import { Transports } from './transports.ts';

const usual: readonly TransportName[] = ['websocket', 'event-stream'];
/** A WebSocket from which nothing has come for so long does not get through. */
const OPEN_WITHIN_MS = 5000;

/** Sockets, one after the other: each over the transport of which most can be hoped. */
export class Wires {
  readonly #url: string;
  readonly #options: ConnectOptions;
  readonly #clock: ClientClock;
  readonly #clientId: string;
  readonly #transports: Transports;
  readonly #probing: Probing;
  /** Called where nothing has come from the present socket. */
  #failed: ((isCertain: boolean) => void) | undefined;
  #cancelLimit = () => {};

  /** @param better called when a better transport than the present one gets through by now */
  constructor(url: string, options: ConnectOptions, terms: Terms, better: () => void) {
    this.#url = url;
    this.#options = options;
    this.#clock = terms.clock;
    this.#clientId = terms.newId();
    const { transports = usual, WebSocket } = options;
    const isThere = (one: TransportName) => one !== 'websocket' || webSocketOf(WebSocket) !== undefined;
    this.#transports = new Transports(terms.clock, transports.filter(isThere));
    this.#probing = new Probing({
      clock: terms.clock,
      limitMs: OPEN_WITHIN_MS,
      transports: this.#transports,
      open: (handler) => this.#make(this.#transports.first, undefined, handler),
      found: better,
    });
  }

  /** Of the present socket, or the next. */
  get transport(): TransportName {
    return this.#transports.current ?? 'websocket';
  }

  /**
   * Throws where there is no transport at all.
   *
   * @param token for what shows it as it opens; elsewhere it has to be sent
   */
  open(token: string | undefined, handler: SocketHandler): Socket {
    const name = this.#transports.next();
    const heard = () => {
      this.#cancelLimit();
      if (this.#failed !== undefined) this.#transports.worked();
      this.#failed = undefined;
    };
    this.#failed = (isCertain) => {
      this.#failed = undefined;
      this.#transports.failed(isCertain);
    };
    const socket = this.#make(name, token, {
      ...handler,
      received(message) {
        heard();
        handler.received(message);
      },
      closed: (end) => {
        if (end.code !== undefined) heard();
        else this.#failed?.(false);
        handler.closed(end);
      },
    });
    if (name === 'websocket' && this.#transports.hasOther) {
      this.#cancelLimit = this.#clock.after(OPEN_WITHIN_MS, () => handler.closed({}));
    }
    return socket;
  }

  /** The connection over the present socket is good. */
  ready(): void {
    this.#probing.start();
  }

  /** Nothing more is expected of the present socket. */
  done(): void {
    this.#cancelLimit();
    this.#probing.stop();
    this.#failed?.(true);
  }

  #make(name: TransportName | undefined, token: string | undefined, handler: SocketHandler): Socket {
    const { WebSocket, fetch: given } = this.#options;
    if (name !== 'event-stream') return openSocket(this.#url, WebSocket, handler);
    // Browsers insist that it is called as a function of the page's own.
    const ask: typeof fetch = given ?? ((input, init) => fetch(input, init));
    return openEventStream(this.#url, { fetch: ask, token, clientId: this.#clientId }, handler);
  }
}
