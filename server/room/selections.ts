/**
 * Who has selected which thing. The first to select holds the lock; the others wait in line. A user who has
 * selected with several connections lets go with the last one.
 */
export interface Claim {
  userId: string;
  connections: Set<string>;
}

/** Claims by thing, in the order in which they were made. */
export type Selections = Map<string, Claim[]>;

/** The user who holds the lock of a thing. */
function holderOf(selections: Selections, thing: string): string | undefined {
  return selections.get(thing)?.[0]?.userId;
}

/** The connections with which the lock of a thing is held. */
export function holdingConnections(selections: Selections, thing: string): Iterable<string> {
  return selections.get(thing)?.[0]?.connections ?? [];
}

/** The connections that have selected a thing. */
export function connectionsOn(selections: Selections, thing: string): string[] {
  return (selections.get(thing) ?? []).flatMap(({ connections }) => [...connections]);
}

/** Whether somebody other than this user holds the lock: then who. */
export function lockedByOther(selections: Selections, thing: string, userId: string): string | undefined {
  const holder = holderOf(selections, thing);
  return holder === userId ? undefined : holder;
}

/** Returns whether anything changed. */
export function claim(selections: Selections, thing: string, userId: string, connection: string): boolean {
  const line = selections.get(thing);
  if (line === undefined) {
    selections.set(thing, [{ userId, connections: new Set([connection]) }]);
    return true;
  }
  const own = line.find((one) => one.userId === userId);
  if (own === undefined) {
    line.push({ userId, connections: new Set([connection]) });
    return true;
  }
  own.connections.add(connection);
  return false;
}

/** Returns whether anything changed that others can see. */
export function release(selections: Selections, thing: string, connection: string): boolean {
  const line = selections.get(thing);
  const index = line?.findIndex((one) => one.connections.has(connection)) ?? -1;
  if (line === undefined || index < 0) return false;
  const own = line[index] as Claim;
  own.connections.delete(connection);
  if (own.connections.size > 0) return false;
  line.splice(index, 1);
  if (line.length === 0) selections.delete(thing);
  return true;
}

/** The things that a connection has selected. */
export function claimsOf(selections: Selections, connection: string): string[] {
  const things: string[] = [];
  for (const [thing, line] of selections) {
    if (line.some((one) => one.connections.has(connection))) things.push(thing);
  }
  return things;
}

/** A connection takes over what another one of the same user has selected. */
export function transfer(selections: Selections, from: string, to: string): void {
  for (const line of selections.values()) {
    for (const { connections } of line) if (connections.delete(from)) connections.add(to);
  }
}
