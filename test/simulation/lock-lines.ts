import type { Entry, EntryOf } from '../../server/room/entry.ts';

interface Claim {
  userId: string;
  connections: Set<string>;
}

/** Who has selected what, in their order: written from the rules SL, apart from the server's own. */
export class LockLines {
  readonly #lines = new Map<string, Claim[]>();
  readonly #sessions = new Map<string, { userId: string; node: string }>();

  /** Users by thing, the holder first. */
  selected(): Record<string, string[]> {
    return Object.fromEntries(
      [...this.#lines].map(([thing, line]) => [thing, line.map((one) => one.userId)]),
    );
  }

  /** Whether somebody else holds one of these things. */
  lockedForUser(userId: string, things: readonly (string | undefined)[]): boolean {
    return things.some((thing) => {
      const holder = thing === undefined ? undefined : this.#lines.get(thing)?.[0]?.userId;
      return holder !== undefined && holder !== userId;
    });
  }

  /** Takes in an entry that was accepted. */
  take(entry: Entry): void {
    if (entry.type === 'select') this.#claim(entry.thing, entry.by);
    else if (entry.type === 'unselect') this.#release(entry.thing, entry.by.connection);
    else if (entry.type === 'expire') this.#release(entry.thing, entry.connection);
    else if (entry.type === 'leave') this.#leave(entry);
    else if (entry.type === 'nodeGone') {
      for (const [connection, { node }] of this.#sessions) if (node === entry.node) this.#end(connection);
    } else if (entry.type === 'join') {
      const { connection, userId } = entry.by;
      this.#sessions.set(connection, { userId, node: entry.node });
      for (const old of entry.replaces ?? []) this.#replace(old, connection, userId);
    }
  }

  #leave({ by: { connection, userId }, passesTo }: EntryOf<'leave'>): void {
    const passes = passesTo !== undefined && this.#sessions.get(passesTo)?.userId === userId;
    if (passes) this.#replace(connection, passesTo, userId);
    this.#end(connection);
  }

  #claim(thing: string, { userId, connection }: { userId: string; connection: string }): void {
    const line = this.#lines.get(thing) ?? [];
    this.#lines.set(thing, line);
    const own = line.find((one) => one.userId === userId);
    if (own === undefined) line.push({ userId, connections: new Set([connection]) });
    else own.connections.add(connection);
  }

  #release(thing: string, connection: string): void {
    const line = this.#lines.get(thing) ?? [];
    for (const one of line) one.connections.delete(connection);
    const left = line.filter((one) => one.connections.size > 0);
    if (left.length > 0) this.#lines.set(thing, left);
    else this.#lines.delete(thing);
  }

  #end(connection: string): void {
    this.#sessions.delete(connection);
    for (const thing of [...this.#lines.keys()]) this.#release(thing, connection);
  }

  #replace(old: string, connection: string, userId: string): void {
    if (this.#sessions.get(old)?.userId !== userId) return;
    this.#sessions.delete(old);
    for (const { connections } of [...this.#lines.values()].flat()) {
      if (connections.delete(old)) connections.add(connection);
    }
  }
}
