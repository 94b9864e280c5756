import type { Dialect } from '../dialect/dialect.ts';

/**
 * The receivers of a room that get the same: those of one dialect that view the same things. An audience is
 * a topic of the transport, so that one publish reaches all of it.
 */
export interface Audience {
  readonly key: string;
  readonly topic: string;
  readonly dialect: Dialect;
  readonly things: ReadonlySet<string>;
  size: number;
}

let topics = 0;

/** The audiences of a room; each exists while somebody is in it. */
export class Audiences {
  readonly #byKey = new Map<string, Audience>();

  values(): Iterable<Audience> {
    return this.#byKey.values();
  }

  enter(dialect: Dialect, things: ReadonlySet<string>): Audience {
    const key = `${dialect.name}\n${[...things].sort().join('\n')}`;
    let audience = this.#byKey.get(key);
    if (audience === undefined) {
      topics += 1;
      audience = { key, topic: topics.toString(36), dialect, things, size: 0 };
      this.#byKey.set(key, audience);
    }
    audience.size += 1;
    return audience;
  }

  leave(audience: Audience): void {
    audience.size -= 1;
    if (audience.size === 0) this.#byKey.delete(audience.key);
  }
}
