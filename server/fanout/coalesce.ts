import { changesOf, dataOf, type JsonObject, type Operation } from '../../protocol/index.ts';
import { Changes } from './changes.ts';

/**
 * Merges operations, in the order in which they were accepted, to as few as lead to the same scene: updates
 * property by property (the last value wins), add then update is one add, add then remove is nothing.
 */
export function coalesce(operations: readonly Operation[]): Operation[] {
  if (operations.length < 2) return [...operations];
  // An operation stays as it came until another one on the same thing is merged into it.
  const merged: (Operation | Merged | undefined)[] = [];
  /** The places in `merged` of the operations on a thing, the latest last. */
  const placesOf = new Map<string, number[]>();
  for (const operation of operations) {
    const thing = operation.target === 'scene' ? '' : (operation.id as string);
    const places = placesOf.get(thing) ?? [];
    placesOf.set(thing, places);
    const place = places.at(-1);
    const previous = place === undefined ? undefined : merged[place];
    if (place === undefined || previous === undefined || previous.type === 'remove') {
      places.push(merged.push(operation) - 1);
    } else if (operation.type === 'update') {
      const before = previous instanceof Merged ? previous : new Merged(previous);
      merged[place] = before;
      const changes = changesOf(operation.data ?? {});
      // A part of what was just replaced as a whole cannot be told in one operation with it.
      if (changes.some((change) => before.changes.hasWholeOf(change))) {
        places.push(merged.push(operation) - 1);
      } else for (const change of changes) before.changes.set(change);
    } else if (operation.type === 'remove') {
      merged[place] = previous.type === 'add' ? undefined : operation;
      // What came before the add is the latest again: a remove, or nothing.
      if (previous.type === 'add') places.pop();
    }
  }
  return merged.flatMap((one) => {
    if (one === undefined) return [];
    return [one instanceof Merged ? one.operation : one];
  });
}

/** Several operations on one thing, as one. */
class Merged {
  readonly type: Operation['type'];
  readonly target: Operation['target'];
  readonly id: string | undefined;
  readonly changes = new Changes();
  readonly #added: JsonObject | undefined;

  constructor({ type, target, id, data = {} }: Operation) {
    this.type = type;
    this.target = target;
    this.id = id;
    this.#added = type === 'add' ? data : undefined;
    for (const change of changesOf(data)) this.changes.set(change);
  }

  get operation(): Operation {
    const { type, target, id } = this;
    const named = id === undefined ? {} : { id };
    if (type === 'remove') return { type, target, ...named };
    const data = dataOf(this.changes);
    const whole = this.#added === undefined ? data : { id: this.#added.id, ...data };
    return { type, target, ...named, data: whole };
  }
}
