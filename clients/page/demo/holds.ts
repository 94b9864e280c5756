import type { World } from './world.ts';

/** Who holds a thing and leaves it alone for so long gives it back. */
export const HOLD_MS = 60_000;

/**
 * How long things stay locked: a minute after they were selected or changed last. Every window sees both and so
 * counts alike; the one that holds a thing gives it back.
 */
export class Holds {
  readonly #world: World;
  readonly #since = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    const { room } = world;
    room.selection.on('change', (selected) => {
      for (const id of this.#since.keys()) if (!Object.hasOwn(selected, id)) this.#since.delete(id);
      for (const id of Object.keys(selected)) if (!this.#since.has(id)) this.touch(id);
    });
    room.scene.on('change', ({ items }) => {
      for (const id of items) if (this.#since.has(id)) this.touch(id);
    });
    setInterval(() => this.#giveBack(), 1000);
  }

  /** The thing that this window has selected. */
  get own(): string | undefined {
    return this.mine()[0];
  }

  mine(): string[] {
    const { room } = this.#world;
    return Object.keys(room.selection.selected).filter((id) =>
      room.selection.selected[id]?.includes(room.userId ?? ''),
    );
  }

  /** Milliseconds until it is given back. */
  leftMs(id: string): number {
    return (this.#since.get(id) ?? performance.now()) + HOLD_MS - performance.now();
  }

  touch(id: string): void {
    this.#since.set(id, performance.now());
  }

  #giveBack(): void {
    const { room, announcer } = this.#world;
    for (const id of this.mine()) {
      if (this.leftMs(id) > 0 || room.status !== 'joined') continue;
      this.touch(id);
      room.selection.unselect(id).catch(() => {});
      announcer.show('A minute without a touch: your selection was given back.');
    }
  }
}
