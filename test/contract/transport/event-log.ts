import type { Connection, Handshake } from '../../../server/transport/connection.ts';

export type TransportEvent =
  | { type: 'opened'; connection: Connection; handshake: Handshake }
  | { type: 'received'; connection: Connection; text: string; isBinary: boolean }
  | { type: 'dropped'; connection: Connection; text: string }
  | { type: 'drained'; connection: Connection }
  | { type: 'closed'; connection: Connection; code: number; clean: boolean };

type OfType<Type extends TransportEvent['type']> = Extract<TransportEvent, { type: Type }>;

/** Everything that a handler was told, in order. */
export class EventLog {
  readonly all: TransportEvent[] = [];
  readonly #waiting = new Set<() => void>();

  add(event: TransportEvent): void {
    this.all.push(event);
    for (const wake of [...this.#waiting]) wake();
  }

  of<Type extends TransportEvent['type']>(type: Type, connection?: Connection): OfType<Type>[] {
    return this.all.filter(
      (event): event is OfType<Type> =>
        event.type === type && (connection === undefined || event.connection === connection),
    );
  }

  /** Resolves with the first that fits, past or to come. */
  async first<Type extends TransportEvent['type']>(
    type: Type,
    fits: (event: OfType<Type>) => boolean = () => true,
  ): Promise<OfType<Type>> {
    for (;;) {
      const found = this.of(type).find(fits);
      if (found !== undefined) return found;
      await this.#next();
    }
  }

  /** Resolves once there are so many. */
  async count(type: TransportEvent['type'], count: number): Promise<void> {
    while (this.of(type).length < count) await this.#next();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }
}
