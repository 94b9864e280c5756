import type { Clock } from '../../clock.ts';
import { Deadlines } from '../deadlines.ts';

export interface HeartbeatOptions {
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export interface Beating {
  ping(): void;
  /** No pong came in time. */
  timedOut(): void;
}

/** The server pings, the client answers. Engine.IO protocol 4, "Heartbeat". */
export class Heartbeat<Session extends Beating> {
  readonly #resting: Deadlines<Session>;
  readonly #awaited: Deadlines<Session>;

  constructor(clock: Clock, { pingIntervalMs, pingTimeoutMs }: HeartbeatOptions) {
    this.#awaited = new Deadlines(clock, pingTimeoutMs, (session) => session.timedOut());
    this.#resting = new Deadlines(clock, pingIntervalMs, (session) => {
      this.#awaited.set(session);
      session.ping();
    });
  }

  /** A session has opened, or answered. */
  rest(session: Session): void {
    this.#awaited.delete(session);
    this.#resting.set(session);
  }

  stop(session: Session): void {
    this.#awaited.delete(session);
    this.#resting.delete(session);
  }
}
