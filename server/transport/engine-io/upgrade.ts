import { CLOSE_NORMAL } from '../close-frame.ts';
import type { Deadlines } from '../deadlines.ts';
import type { EngineSocket, SocketOwner } from './socket.ts';

const PROBE = '2probe';
const PROBED = '3probe';
const UPGRADE = '5';

export interface Upgrading {
  /** Whether the client is about to leave long-polling: it waits for its last poll. */
  release(isReleasing: boolean): void;
  moveTo(socket: EngineSocket): void;
  /** There is no upgrade under way any more. */
  upgradeEnded(): void;
}

/**
 * A WebSocket on which a session over long-polling may go on: the client probes it, ends its last poll and
 * then completes the upgrade. Whatever else comes ends this WebSocket only. Engine.IO protocol 4, "Upgrade".
 */
export class Upgrade implements SocketOwner {
  readonly #session: Upgrading;
  readonly #socket: EngineSocket;
  readonly #deadlines: Deadlines<Upgrade>;
  #phase: 'opened' | 'probed' | 'over' = 'opened';

  constructor(session: Upgrading, socket: EngineSocket, deadlines: Deadlines<Upgrade>) {
    this.#session = session;
    this.#socket = socket;
    this.#deadlines = deadlines;
    deadlines.set(this);
  }

  received(bytes: Uint8Array, isBinary: boolean): void {
    const isShort = !isBinary && bytes.byteLength <= PROBE.length;
    const packet = isShort ? Buffer.from(bytes).toString('latin1') : '';
    if (this.#phase === 'opened' && packet === PROBE) {
      this.#phase = 'probed';
      this.#socket.connection.send(PROBED);
      this.#session.release(true);
    } else if (this.#phase === 'probed' && packet === UPGRADE) {
      this.#finish();
      this.#session.moveTo(this.#socket);
    } else this.abandon();
  }

  dropped(): void {}
  drained(): void {}

  closed(): void {
    if (this.#phase === 'over') return;
    this.#finish();
    this.#session.release(false);
  }

  abandon(): void {
    if (this.#phase === 'over') return;
    this.closed();
    this.#socket.connection.close(CLOSE_NORMAL, '');
  }

  #finish(): void {
    this.#phase = 'over';
    this.#deadlines.delete(this);
    this.#session.upgradeEnded();
  }
}
