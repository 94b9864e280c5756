import type { WireClient } from '../support/wire.ts';

/** A client of another make: it types without an `opId`, as it may. */
export class PlainTypist {
  readonly #connect: () => WireClient | undefined;
  #wire: WireClient | undefined;
  /** Of the text `d`; undefined before it is told. */
  #version: number | undefined;

  constructor(connect: () => WireClient | undefined) {
    this.#connect = connect;
  }

  /** Puts something at the beginning, as soon as it is in the room. */
  type(): void {
    for (const { type, documents, version = 0 } of this.#wire?.take() ?? []) {
      if (type === 'sceneState') this.#version = documents?.d?.version ?? 0;
      if (type === 'operation') this.#version = Math.max(this.#version ?? 0, version);
    }
    if (this.#wire === undefined || this.#wire.closedWith !== undefined) {
      this.#wire = this.#connect();
      this.#version = undefined;
      this.#wire?.send({ type: 'join', roomId: 'r', scene: true });
    }
    if (this.#version === undefined) return;
    const made = { documentId: 'd', version: this.#version, operation: ['~'] };
    this.#wire?.send({ type: 'operation', roomId: 'r', ...made });
  }
}
