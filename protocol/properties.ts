import type { JsonObject } from './values.ts';

const GROUPS = ['position', 'rotation', 'scale'];
const AXES = ['x', 'y', 'z', 'w'];

/** The keys of all axes that have a short name. */
export const shortNamedKeys: readonly (readonly string[])[] = GROUPS.flatMap((group) =>
  AXES.map((axis) => ['transform', group, axis]),
);
const axesByShortName = new Map(shortNamedKeys.map((keys) => [keys.slice(1).join('_'), keys]));

export interface Change {
  /** Where the value is stored: `['color']`, `['transform', 'position', 'x']`. */
  readonly keys: readonly string[];
  readonly value: unknown;
  /** The short name, where the change came under it. */
  readonly shortName: string | undefined;
}

/** A property's name in conflicts: its keys, joined by dots. */
export function pathOf(change: Change): string {
  return change.keys.join('.');
}

/** The single properties that the `data` of an operation sets, in its order. `id` is not one. */
export function changesOf(data: JsonObject): Change[] {
  const changes: Change[] = [];
  for (const name of Object.keys(data)) {
    if (name === 'id') continue;
    const value = data[name];
    const axis = axesByShortName.get(name);
    if (axis !== undefined) {
      changes.push({ keys: axis, value, shortName: name });
    } else if (name === 'transform' && isPlainObject(value)) {
      for (const [group, axes] of Object.entries(value)) {
        if (!isPlainObject(axes)) {
          changes.push({ keys: ['transform', group], value: axes, shortName: undefined });
          continue;
        }
        for (const [axis, axisValue] of Object.entries(axes)) {
          changes.push({ keys: ['transform', group, axis], value: axisValue, shortName: undefined });
        }
      }
    } else {
      changes.push({ keys: [name], value, shortName: undefined });
    }
  }
  return changes;
}

/** The `data` that sets these changes, each in the form in which it came. */
export function dataOf(changes: Iterable<Change>): JsonObject {
  const data: JsonObject = {};
  for (const change of changes) {
    if (change.shortName === undefined) setProperty(data, change.keys, change.value);
    else data[change.shortName] = change.value;
  }
  return data;
}

/** The value at these keys, or undefined. */
export function getProperty(data: JsonObject, keys: readonly string[]): unknown {
  let value: unknown = data;
  for (const key of keys) {
    if (!isPlainObject(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

/** Sets the value at these keys, making the objects on the way and replacing what is not one. */
export function setProperty(data: JsonObject, keys: readonly string[], value: unknown): void {
  let parent = data;
  for (let index = 0; index < keys.length - 1; index++) {
    const key = keys[index] as string;
    const child = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (isPlainObject(child)) parent = child;
    else {
      const made: JsonObject = {};
      parent[key] = made;
      parent = made;
    }
  }
  parent[keys[keys.length - 1] as string] = value;
}

export function isPlainObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
