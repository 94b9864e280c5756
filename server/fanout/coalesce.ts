import { type Change, changesOf, dataOf, type JsonObject, type Operation } from '../../protocol/index.ts';
import { isPart, nameOf } from '../room/scene.ts';

/**
 * Merges operations, in the order in which they were accepted, to as few as lead to the same scene: updates
 * property by property (the last value wins), add then update is one add, add then remove is nothing.
 */
export function coalesce(operations: readonly Operation[]): Operation[] {
  if (operations.length < 2) return [...operations];
  const merged: (Merged | undefined)[] = [];
  /** The place in `merged` of the latest operation on a thing. */
  const latest = new Map<string, number>();
  for (const operation of operations) {
    const thing = operation.target === 'scene' ? '' : (operation.id as string);
    const place = latest.get(thing);
    const previous = place === undefined ? undefined : merged[place];
    if (place === undefined || previous === undefined || previous.type === 'remove') {
      latest.set(thing, merged.push(mergedOf(operation)) - 1);
    } else if (operation.type === 'update') {
      const changes = changesOf(operation.data ?? {});
      // A part of what was just replaced as a whole cannot be told in one operation with it.
      if (changes.some((change) => hasWhole(previous.changes, change))) {
        latest.set(thing, merged.push(mergedOf(operation)) - 1);
      } else for (const change of changes) set(previous.changes, change);
    } else if (operation.type === 'remove') {
      merged[place] = previous.type === 'add' ? undefined : mergedOf(operation);
      if (previous.type === 'add') forget(latest, merged, thing, place);
    }
  }
  return merged.flatMap((one) => (one === undefined ? [] : [operationOf(one)]));
}

/** After add then remove, what came before the add is the latest again: a remove, or nothing. */
function forget(
  latest: Map<string, number>,
  merged: readonly (Merged | undefined)[],
  thing: string,
  place: number,
): void {
  latest.delete(thing);
  for (let index = place - 1; index >= 0; index--) {
    if (merged[index]?.target === 'item' && merged[index]?.id === thing) {
      latest.set(thing, index);
      return;
    }
  }
}

interface Merged {
  type: Operation['type'];
  target: Operation['target'];
  id: string | undefined;
  /** By name; each in the form in which it came last. */
  changes: Map<string, Change>;
  whole: JsonObject | undefined;
}

function mergedOf(operation: Operation): Merged {
  const changes = new Map<string, Change>();
  for (const change of changesOf(operation.data ?? {})) set(changes, change);
  return {
    type: operation.type,
    target: operation.target,
    id: operation.id,
    changes,
    whole: operation.type === 'add' ? operation.data : undefined,
  };
}

/** A change takes the place of that of the same property and of its parts. */
function set(changes: Map<string, Change>, change: Change): void {
  const name = nameOf(change.keys);
  if (change.keys[0] === 'transform' && change.keys.length < 3) {
    for (const other of changes.keys()) if (isPart(other, name)) changes.delete(other);
  }
  changes.delete(name);
  changes.set(name, change);
}

function hasWhole(changes: ReadonlyMap<string, Change>, { keys }: Change): boolean {
  return (
    (keys.length > 1 && changes.has(nameOf(keys.slice(0, 1)))) ||
    (keys.length > 2 && changes.has(nameOf(keys.slice(0, 2))))
  );
}

function operationOf({ type, target, id, changes, whole }: Merged): Operation {
  const named = { type, target, ...(id === undefined ? {} : { id }) };
  if (type === 'remove') return named;
  const data = dataOf(changes.values());
  return { ...named, data: whole === undefined ? data : { id: whole.id, ...data } };
}
