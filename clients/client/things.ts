import type { JsonObject, Operation } from '../../protocol/index.ts';
import { changesOf, isPlainObject } from '../../protocol/properties.ts';

/** Never changed in place: what is the same object has the same content. */
export type Item = Readonly<JsonObject>;

/** The scene's own properties, among things. */
export const SCENE: unique symbol = Symbol('scene');
/** What one operation is about. */
export type Thing = string | typeof SCENE;

export function thingOf({ target, id, data }: Operation): Thing {
  return target === 'scene' ? SCENE : (id ?? String(data?.id));
}

/** What an operation makes of the thing that it is about; undefined: there is none. */
export function fold(thing: Item | undefined, operation: Operation): Item | undefined {
  const { type, data = {} } = operation;
  if (type === 'remove') return undefined;
  let next: Item | undefined = type === 'add' ? { id: thingOf(operation) } : thing;
  if (next === undefined) return undefined;
  for (const { keys, value } of changesOf(data)) next = withValue(next, keys, value);
  return next;
}

function withValue(thing: Item, [key, ...rest]: readonly string[], value: unknown): Item {
  if (key === undefined) return thing;
  const child = Object.hasOwn(thing, key) ? thing[key] : undefined;
  if (rest.length === 0) return { ...thing, [key]: value };
  return { ...thing, [key]: withValue(isPlainObject(child) ? child : {}, rest, value) };
}

/** Whether two values are the same, where what is null, or has nothing but nulls, is as good as not there. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((one, index) => isSame(one, b[index]));
  }
  const [left, right] = [a ?? {}, b ?? {}];
  if (!isPlainObject(left) || !isPlainObject(right)) return false;
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((key) =>
    isSame(left[key], right[key]),
  );
}
