import { isId, isPlainObject } from '../../protocol/index.ts';

type Name = string | number;

/** Names of more than a client has under way; the oldest are forgotten. */
const MOST_HELD = 512;

/**
 * What a connection was refused for its rate, so that those of its commands that stand in line behind one of
 * them (`after`) do not overtake it, on their way as they were already. [SPEC: RL4]
 */
export class Line {
  /** By each name of a command the one that it keeps. Most connections are never refused anything. */
  #held: Map<unknown, Name> | undefined;

  holds(message: unknown): boolean {
    return this.#held !== undefined && isPlainObject(message) && this.#held.has(message.after);
  }

  refused(message: unknown): void {
    const names = namesOf(message);
    const lasting = names.at(-1);
    if (lasting === undefined) return;
    this.#held ??= new Map();
    for (const name of names) {
      // The one that it keeps is forgotten last.
      this.#held.delete(name);
      this.#held.set(name, lasting);
    }
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= MOST_HELD) return;
      this.#held.delete(oldest);
    }
  }

  /** It has come again, and was let through. */
  passed(message: unknown): void {
    const held = this.#held;
    if (held === undefined) return;
    const names: readonly unknown[] = namesOf(message);
    if (!names.some((name) => held.has(name))) return;
    // A ref may have been another command's, which was given up: it calls that one no longer.
    for (const [name, of] of held) if (of === names.at(-1) || names.includes(name)) held.delete(name);
    if (held.size === 0) this.#held = undefined;
  }
}

/** What a command can be called by; its opId last, for a ref may be another one when it comes again. */
function namesOf(message: unknown): Name[] {
  if (!isPlainObject(message)) return [];
  return [message.ref, message.opId].filter((name): name is Name => typeof name === 'number' || isId(name));
}
