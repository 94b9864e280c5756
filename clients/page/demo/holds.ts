import { Events } from '../../client/events.ts';
import type { World } from './world.ts';

/** Who holds a thing and leaves it alone for so long gives it back. */
const HOLD_MS = 60_000;

export interface HoldsEvents {
  /** Who has selected what, or what this window has. */
  change: undefined;
}

/**
 * What is selected, and how long still: a minute after it was selected or changed last. Every window sees both and so
 * counts alike; the one that holds a thing gives it back.
 */
export class Holds extends Events<HoldsEvents> {
  readonly #world: World;
  readonly #since = new Map<string, number>();
  /** What this window chose last. The server tells only what its user has, who may have other windows. */
  #chosen: string | undefined;

  constructor(world: World) {
    super();
    this.#world = world;
    const { room } = world;
    room.selection.on('change', (selected) => {
      for (const id of this.#since.keys()) if (!Object.hasOwn(selected, id)) this.#since.delete(id);
      for (const id of Object.keys(selected)) if (!this.#since.has(id)) this.#touch(id);
      this.emit('change', undefined);
    });
    room.scene.on('change', ({ items }) => {
      for (const id of items) if (this.#since.has(id)) this.#touch(id);
    });
    setInterval(() => this.#giveBack(), 1000);
  }

  /** The thing that this window has selected, or waits in line for. */
  get own(): string | undefined {
    const { room } = this.#world;
    const id = this.#chosen;
    if (id === undefined || !Object.hasOwn(room.selection.selected, id)) return undefined;
    return room.selection.selected[id]?.includes(room.userId ?? '') ? id : undefined;
  }

  /**
   * Selects a thing, and gives back what was selected before. Resolves when it is selected; rejects where it is
   * refused.
   */
  async choose(id: string | undefined): Promise<void> {
    const { selection } = this.#world.room;
    const before = this.#chosen;
    this.#chosen = id;
    // Also where it is not confirmed yet: the answer may be on its way.
    if (before !== undefined && before !== id) selection.unselect(before).catch(() => {});
    this.emit('change', undefined);
    if (id !== undefined) await selection.select(id);
  }

  /** Milliseconds until it is given back. */
  leftMs(id: string): number {
    return (this.#since.get(id) ?? performance.now()) + HOLD_MS - performance.now();
  }

  #touch(id: string): void {
    this.#since.set(id, performance.now());
  }

  #giveBack(): void {
    const { room, announcer } = this.#world;
    const id = this.own;
    if (id === undefined || this.leftMs(id) > 0 || room.status !== 'joined') return;
    this.choose(undefined);
    announcer.show('A minute without a touch: your selection was given back.');
  }
}
