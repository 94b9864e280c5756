import type { Change } from '../../protocol/index.ts';
import { nameOf } from '../room/scene.ts';

/** The latest change of each property of one thing, oldest first, each in the form in which it came. */
export class Changes implements Iterable<Change> {
  readonly #byName = new Map<string, Change>();
  /** The names of the parts of each property that has some. */
  readonly #parts = new Map<string, Set<string>>();

  /** Takes the place of earlier changes of the same property and of its parts. */
  set(change: Change): void {
    const name = nameOf(change.keys);
    for (const part of this.#parts.get(name) ?? []) this.#byName.delete(part);
    this.#parts.delete(name);
    this.#byName.delete(name);
    this.#byName.set(name, change);
    for (const whole of wholesOf(change)) {
      const parts = this.#parts.get(whole) ?? new Set();
      this.#parts.set(whole, parts.add(name));
    }
  }

  /** Whether something that this is a part of was changed as a whole. */
  hasWholeOf(change: Change): boolean {
    return wholesOf(change).some((whole) => this.#byName.has(whole));
  }

  [Symbol.iterator](): Iterator<Change> {
    return this.#byName.values();
  }
}

function wholesOf({ keys }: Change): string[] {
  return keys.slice(1).map((_, depth) => nameOf(keys.slice(0, depth + 1)));
}
