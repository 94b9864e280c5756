import {
  type Change,
  changesOf,
  dataOf,
  getProperty,
  isPlainObject,
  type JsonObject,
  type Operation,
  setProperty,
  shortNamedKeys,
} from '../../protocol/index.ts';
import { restamp, type Stamp } from './stamp.ts';

/** Something that has properties, and when each of them was last changed. */
export interface Propertied {
  data: JsonObject;
  /** When it was added; stands for every property that was not changed since. */
  born: Stamp;
  /** By the names of properties, and of all parts of one. */
  stamps: Map<string, Stamp>;
  bytes: number;
}

/** [SPEC: SC] */
export interface Scene {
  /** Accepted operations. */
  version: number;
  properties: Propertied;
  items: Map<string, Propertied>;
  /** Of all properties of everything, about as JSON. */
  bytes: number;
}

export function emptyScene(): Scene {
  const born = { version: 0, by: '', otherVersion: 0 };
  return {
    version: 0,
    properties: { data: {}, born, stamps: new Map(), bytes: 0 },
    items: new Map(),
    bytes: 0,
  };
}

/** The item that an operation is about: `id`, or `data.id` where it adds. */
export function itemIdOf(operation: Operation): string {
  return operation.id ?? String(operation.data?.id);
}

/** The thing that an operation changes; undefined where there is no such item. */
export function subjectOf(scene: Scene, operation: Operation): Propertied | undefined {
  return operation.target === 'scene' ? scene.properties : scene.items.get(itemIdOf(operation));
}

/** A property's keys as one text. Names may hold any character, so no joining one would tell them apart. */
export function nameOf(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** Stands for all parts of a property: what the names of these begin with, so that no name equals it. */
function partsOf(keys: readonly string[]): string {
  return `${nameOf(keys).slice(0, -1)},`;
}

/** The names under which a change is remembered: the property's own, and the parts of all that it is part of. */
function stampedBy({ keys }: Change): readonly string[] {
  return axisNames.get(keys) ?? namesOf(keys);
}

function namesOf(keys: readonly string[]): string[] {
  const wholes = keys.slice(1).map((_, depth) => partsOf(keys.slice(0, depth + 1)));
  return [nameOf(keys), ...wholes];
}

/** What moves all the time is named once. */
const axisNames = new Map(shortNamedKeys.map((keys) => [keys, namesOf(keys)]));

/** When a property was last changed; a change of what it is part of, or of a part of it, counts. */
export function stampsAt(subject: Propertied, keys: readonly string[]): Stamp[] {
  const found: Stamp[] = [];
  for (let depth = 1; depth <= keys.length; depth++) {
    const one = subject.stamps.get(nameOf(keys.slice(0, depth)));
    if (one !== undefined) found.push(one);
  }
  const parts = subject.stamps.get(partsOf(keys));
  if (parts !== undefined) found.push(parts);
  return found.length === 0 ? [subject.born] : found;
}

/**
 * Applies an admitted operation as version `scene.version`.
 *
 * @returns the operation with only those values that differ from before, and its bytes; undefined where
 * nothing does
 */
export function applyOperation(
  scene: Scene,
  operation: Operation,
  author: string,
): { operation: Operation; bytes: number } | undefined {
  const { type, target } = operation;
  if (type === 'remove') {
    const id = itemIdOf(operation);
    scene.bytes -= scene.items.get(id)?.bytes ?? 0;
    scene.items.delete(id);
    return { operation: { type, target, id }, bytes: id.length };
  }
  const data = operation.data ?? {};
  if (type === 'add') {
    const id = itemIdOf(operation);
    const item: Propertied = {
      data: { id },
      born: { version: scene.version, by: author, otherVersion: 0 },
      stamps: new Map(),
      bytes: id.length,
    };
    const changes = changesOf(data);
    for (const { keys, value } of changes) setProperty(item.data, keys, value);
    item.bytes = sizeOf(item.data);
    scene.items.set(id, item);
    scene.bytes += item.bytes;
    return { operation: { type, target, id, data: { id, ...dataOf(changes) } }, bytes: item.bytes };
  }
  const subject = subjectOf(scene, operation);
  if (subject === undefined) return undefined;
  const changes: Change[] = [];
  // One after the other, for one operation may name a property twice, or a whole and its part.
  for (const change of changesOf(data)) {
    if (sameJson(getProperty(subject.data, change.keys), change.value)) continue;
    const growth = assign(subject.data, change);
    subject.bytes += growth;
    scene.bytes += growth;
    for (const name of stampedBy(change)) {
      let one = subject.stamps.get(name);
      if (one === undefined) {
        one = { ...subject.born };
        subject.stamps.set(name, one);
      }
      restamp(one, scene.version, author);
    }
    changes.push(change);
  }
  if (changes.length === 0) return undefined;
  const named = operation.id === undefined ? {} : { id: operation.id };
  return { operation: { type, target, ...named, data: dataOf(changes) }, bytes: sizeOf(data) };
}

/** Sets a property. Returns the bytes by which the data has grown: sums of them do not drift. */
export function assign(data: JsonObject, { keys, value }: Change): number {
  // Measured where it changes: a whole transform would be written out for each of its axes.
  let parent = data;
  let depth = 0;
  for (; depth < keys.length - 1; depth++) {
    const child = getProperty(parent, [keys[depth] as string]);
    if (!isPlainObject(child)) break;
    parent = child;
  }
  const name = keys[depth] as string;
  const size = depth === 0 ? sizeOf : (one: unknown) => JSON.stringify(one).length;
  const before = Object.hasOwn(parent, name) ? size(parent[name]) : -name.length - 4;
  setProperty(data, keys, value);
  return size(parent[name]) - before;
}

/** Characters of the JSON, about; numbers are not worth writing out. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return value.length + 2;
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((value, index) => sameJson(value, b[index]));
  }
  if (!isPlainObject(a) || !isPlainObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}
