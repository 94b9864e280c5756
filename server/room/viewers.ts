/** Which connections view which thing: they get each other's cameras. */
export type Viewers = Map<string, Set<string>>;

export function view(viewers: Viewers, thing: string, connection: string): void {
  const watching = viewers.get(thing);
  if (watching === undefined) viewers.set(thing, new Set([connection]));
  else watching.add(connection);
}

/** Returns whether the connection viewed it. */
export function unview(viewers: Viewers, thing: string, connection: string): boolean {
  const watching = viewers.get(thing);
  if (watching === undefined || !watching.delete(connection)) return false;
  if (watching.size === 0) viewers.delete(thing);
  return true;
}

/** The things that a connection views. */
export function viewsOf(viewers: Viewers, connection: string): string[] {
  const things: string[] = [];
  for (const [thing, watching] of viewers) if (watching.has(connection)) things.push(thing);
  return things;
}
