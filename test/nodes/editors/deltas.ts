import type { Message } from '../../support/wire.ts';
import { type Editor, wholeStates } from './editor.ts';

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

/** What editors that are told of the scene by deltas have in common. */
export abstract class DeltaEditor implements Editor {
  abstract readonly kind: string;
  readonly userId: string;
  readonly sceneId: string;
  readonly resumes: number[] = [];
  acknowledged = 0;
  isIn = false;
  protected readonly deltas: Deltas;
  /** Beside those of the deltas. */
  protected readonly refusals: string[] = [];

  constructor(userId: string, sceneId: string) {
    this.userId = userId;
    this.sceneId = sceneId;
    this.deltas = new Deltas(userId);
  }

  get version() {
    return this.deltas.version ?? 0;
  }
  get faults() {
    return [...this.deltas.faults, ...this.refusals, ...wholeStates(this.userId, this.deltas.states)];
  }
  numberOf(userId: string): unknown {
    return this.deltas.numberOf(userId);
  }

  abstract readonly isIdle: boolean;
  abstract edit(): void;
  abstract end(): void;
}
