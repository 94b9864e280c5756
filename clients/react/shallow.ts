/** Whether two values are the same, or arrays, maps, sets or plain objects whose entries are. */
export function shallow(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  const [left, right] = [entriesOf(a), entriesOf(b)];
  if (left === undefined || right === undefined || left.size !== right.size) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  return [...left].every(([key, value]) => right.has(key) && Object.is(value, right.get(key)));
}

function entriesOf(value: unknown): ReadonlyMap<unknown, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof Map || value instanceof Set || Array.isArray(value)) return new Map(value.entries());
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? new Map(Object.entries(value)) : undefined;
}
