import type { Connection, Frame } from './connection.ts';
import { createDropReports, type DropReports } from './drop-reports.ts';
import { payloadOf } from './frame.ts';
import type { UwsConnection } from './uws-connection.ts';

/**
 * Connections to which published frames are lost. What is published behind a loss must not arrive, though µWS would
 * hand it over where there is room again before the loss is reported: it is kept from them.
 */
export class UwsLosses {
  readonly #drops: DropReports<UwsConnection>;
  /** Over their bound, as far as is known: they lose what is published next. */
  readonly #full = new Set<UwsConnection>();
  /** Those for which a frame waits in µWS behind one that was lost. */
  readonly #torn = new Set<UwsConnection>();

  constructor(report: (connection: UwsConnection, frame: Uint8Array) => void) {
    this.#drops = createDropReports((connection, frame) => {
      this.#torn.delete(connection);
      report(connection, frame);
    });
  }

  /** Whether a loss is still to be reported. */
  has(connection: UwsConnection): boolean {
    return this.#drops.has(connection);
  }

  filled(connection: UwsConnection): void {
    this.#full.add(connection);
  }

  /** µWS has dropped a frame, which is kept. */
  add(connection: UwsConnection, frame: Uint8Array): void {
    this.#drops.add(connection, frame);
  }

  /**
   * Has a frame published to all that may hear it.
   *
   * @param except does not hear it anyhow
   */
  publish(topic: string, frame: Frame, except: Connection | undefined, publish: () => void): void {
    for (const one of this.#full) {
      // Of those that lag most hear nothing any more: they cost nothing.
      if (!one.hears || !one.isOver()) this.#full.delete(one);
      else if (one !== except && one.isSubscribed(topic)) {
        this.#drops.add(one, Buffer.from(payloadOf(frame)));
      }
    }
    const lost = this.#drops.connections();
    const left = lost.filter((one) => one !== except && one.leave(topic));
    publish();
    for (const one of left) one.comeBack(topic);
    // Amid a publish µWS hands over what waits for somebody, from 32 frames on, and then adds the next one.
    for (const one of this.#drops.connections()) if (!lost.includes(one)) this.#torn.add(one);
  }

  /** There is more room: a loss is reported now. False where what waits behind it can be taken back by no means. */
  drained(connection: UwsConnection): boolean {
    if (this.#torn.has(connection) && !connection.isOver()) return false;
    this.#drops.flush(connection);
    return true;
  }

  forget(connection: UwsConnection): void {
    this.#drops.forget(connection);
    this.#full.delete(connection);
    this.#torn.delete(connection);
  }
}
