import type { ClientClock } from './clock.ts';
import type { Socket, SocketHandler } from './transport.ts';
import type { Transports } from './transports.ts';

export interface ProbingParts {
  readonly clock: ClientClock;
  /** Nothing has come for so long: it does not get through. */
  readonly limitMs: number;
  readonly transports: Transports;
  open(handler: SocketHandler): Socket;
  found(): void;
}

/**
 * While a connection goes over another transport than the first choice: finds out now and then whether that gets
 * through by now. What is opened for it is only looked at.
 */
export class Probing {
  readonly #parts: ProbingParts;
  #socket: Socket | undefined;
  #cancel = () => {};

  constructor(parts: ProbingParts) {
    this.#parts = parts;
  }

  start(): void {
    this.stop();
    const { clock, transports } = this.#parts;
    const { againInMs } = transports;
    if (againInMs !== undefined) this.#cancel = clock.after(againInMs, () => this.#probe());
  }

  stop(): void {
    this.#cancel();
    this.#socket?.end(true);
    this.#socket = undefined;
  }

  #probe(): void {
    const { clock, limitMs, transports, open, found } = this.#parts;
    const ended = (isThere: boolean) => {
      this.stop();
      if (isThere) {
        transports.prefer();
        return found();
      }
      transports.later();
      this.start();
    };
    this.#cancel = clock.after(limitMs, () => ended(false));
    try {
      this.#socket = open({
        opened: () => {},
        received: () => ended(true),
        closed: ({ code }) => ended(code !== undefined),
      });
    } catch {
      ended(false);
    }
  }
}
