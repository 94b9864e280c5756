import type { ClientClock } from './clock.ts';

/** How long an answer may take. */
const ANSWER_WITHIN_MS = 10_000;
/** Where a server does not say. */
const USUAL_MS = 30_000;

/** Signs of life, both ways: sends heartbeats, and tells where nothing answers them. */
export class Heartbeat {
  roundTripMs: number | undefined;
  readonly #clock: ClientClock;
  readonly #send: (message: object) => void;
  readonly #dead: () => void;
  #beat = () => {};
  #cancelNext = () => {};
  #cancelCheck = () => {};
  #heardAtMs = 0;

  constructor(clock: ClientClock, send: (message: object) => void, dead: () => void) {
    this.#clock = clock;
    this.#send = send;
    this.#dead = dead;
  }

  start(heartbeatMs = USUAL_MS): void {
    this.stop();
    this.#beat = () => {
      this.#cancelNext();
      const sentAtMs = this.#clock.monotonic();
      this.#send({ type: 'heartbeat', ts: sentAtMs });
      this.#cancelNext = this.#clock.after(heartbeatMs, this.#beat);
      this.#cancelCheck();
      this.#cancelCheck = this.#clock.after(Math.min(ANSWER_WITHIN_MS, heartbeatMs / 2), () => {
        if (this.#heardAtMs < sentAtMs) this.#dead();
      });
    };
    this.#cancelNext = this.#clock.after(heartbeatMs, this.#beat);
  }

  /** Finds out at once whether anybody answers. */
  check(): void {
    this.#beat();
  }

  heard(message: Readonly<Record<string, unknown>>): void {
    this.#heardAtMs = this.#clock.monotonic();
    if (message.type !== 'ack' || message.op !== 'heartbeat' || typeof message.ts !== 'number') return;
    this.roundTripMs = this.#heardAtMs - message.ts;
  }

  stop(): void {
    this.#beat = () => {};
    this.#cancelNext();
    this.#cancelCheck();
  }
}
