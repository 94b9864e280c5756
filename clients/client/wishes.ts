import type { Ack } from './outbox.ts';

type Submit = (command: Readonly<Record<string, unknown>>) => Promise<Ack>;

/**
 * Things that this connection holds on to (selected, viewed) and lets go of. What is held is asked for again
 * with each join, for a server may have given up the place of a connection that was away.
 */
export class Wishes {
  readonly things = new Set<string>();
  readonly #take: string;
  readonly #give: string;
  readonly #submit: Submit;

  constructor(take: string, give: string, submit: Submit) {
    this.#take = take;
    this.#give = give;
    this.#submit = submit;
  }

  async take(planetId: string): Promise<void> {
    this.things.add(planetId);
    try {
      await this.#submit({ type: this.#take, planetId });
    } catch (error) {
      this.things.delete(planetId);
      throw error;
    }
  }

  async give(planetId: string): Promise<void> {
    this.things.delete(planetId);
    await this.#submit({ type: this.#give, planetId });
  }

  /** After a join that is not the first; before what waits, for that may need the locks. */
  again(send: (command: object) => void): void {
    for (const planetId of this.things) send({ type: this.#take, planetId });
  }
}
