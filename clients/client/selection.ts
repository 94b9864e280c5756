import type { MessageOf } from '../../protocol/index.ts';
import { Events } from './events.ts';
import type { Wishes } from './wishes.ts';

export interface SelectionEvents {
  change: Readonly<Record<string, readonly string[]>>;
  /** Something that this user selected, or wanted to change, is locked by somebody else. */
  conflict: { planetId: string; lockedBy: string };
}

/** Who has selected what. The first to select a thing holds its lock. */
export class Selection extends Events<SelectionEvents> {
  /** By thing, the ids of those who have selected it, the holder of the lock first. */
  selected: Readonly<Record<string, readonly string[]>> = {};
  readonly #wishes: Wishes;

  constructor(wishes: Wishes) {
    super();
    this.#wishes = wishes;
  }

  /** Resolves when it is selected; who holds the lock tells `holderOf`. */
  select(planetId: string): Promise<void> {
    return this.#wishes.take(planetId);
  }

  unselect(planetId: string): Promise<void> {
    return this.#wishes.give(planetId);
  }

  /** Whose the lock is. */
  holderOf(planetId: string): string | undefined {
    return Object.hasOwn(this.selected, planetId) ? this.selected[planetId]?.[0] : undefined;
  }

  /** @internal */
  received({ selected = {} }: Partial<MessageOf<'selection_state'>>): void {
    this.selected = selected;
    this.emit('change', selected);
  }
}
