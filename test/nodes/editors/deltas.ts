import type { Message } from '../../support/wire.ts';

/** The scene as the deltas of the other dialects tell of it. */
export class Deltas {
  readonly faults: string[] = [];
  readonly #numbers = new Map<string, unknown>();
  readonly #userId: string;
  version: number | undefined;
  states = 0;

  constructor(userId: string) {
    this.#userId = userId;
  }

  state({ version, manifest }: Message): void {
    this.states += 1;
    this.version = version;
    for (const [id, item] of Object.entries<Message>(manifest.items)) this.#numbers.set(id, item.number);
  }

  delta({ fromVersion, toVersion, operations }: Message): void {
    if (fromVersion !== this.version)
      this.faults.push(`${this.#userId}: a delta from ${fromVersion} at ${this.version}`);
    this.version = toVersion;
    for (const { id, data } of operations) this.#numbers.set(id, data.number);
  }

  numberOf(userId: string): unknown {
    return this.#numbers.get(userId);
  }
}
