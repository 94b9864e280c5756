import { isId, isPlainObject } from '../../protocol/index.ts';

/** More than a client has under way; the oldest are forgotten. */
const MOST_HELD = 256;

/**
 * What a connection was refused for its rate, so that those of its commands that stand in line behind one of
 * them (`after`) do not overtake it, on their way as they were already. [SPEC: RL4]
 */
export class Line {
  /** Most connections are never refused anything. */
  #held: Set<unknown> | undefined;

  holds(message: unknown): boolean {
    return this.#held !== undefined && isPlainObject(message) && this.#held.has(message.after);
  }

  refused(message: unknown): void {
    const id = idOf(message);
    if (id === undefined) return;
    this.#held ??= new Set();
    this.#held.add(id);
    const [oldest] = this.#held;
    if (this.#held.size > MOST_HELD) this.#held.delete(oldest);
  }

  /** It has come again, and was let through. */
  passed(message: unknown): void {
    if (this.#held?.delete(idOf(message)) && this.#held.size === 0) this.#held = undefined;
  }
}

function idOf(message: unknown): string | number | undefined {
  if (!isPlainObject(message)) return undefined;
  const id = message.opId ?? message.ref;
  return typeof id === 'number' || isId(id) ? id : undefined;
}
