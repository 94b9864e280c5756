import type { Frame } from '../connection.ts';
import { Topics } from '../topics.ts';
import { type OutboundPacket, outboundPacket } from './packet.ts';
import type { Polling } from './polling.ts';

/** The topics of sessions over long-polling, for which no transport has connections. */
export class Pollers {
  readonly #topics = new Topics<Polling>();

  subscribe(polling: Polling, topic: string): void {
    this.#topics.subscribe(polling, topic);
  }

  unsubscribe(polling: Polling, topic: string): void {
    this.#topics.unsubscribe(polling, topic);
  }

  topicsOf(polling: Polling): string[] {
    return [...this.#topics.topicsOf(polling)];
  }

  forget(polling: Polling): void {
    this.#topics.unsubscribeAll(polling);
  }

  publish(topic: string, frame: Frame, except: Polling | undefined): void {
    let packet: OutboundPacket | undefined;
    for (const polling of this.#topics.of(topic)) {
      if (polling === except) continue;
      packet ??= outboundPacket(frame);
      polling.publish(packet);
    }
  }
}
