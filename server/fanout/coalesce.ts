import { changesOf, dataOf, type JsonObject, type Operation } from '../../protocol/index.ts';
import { Changes } from './changes.ts';

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
      if (changes.some((change) => previous.changes.hasWholeOf(change))) {
        latest.set(thing, merged.push(mergedOf(operation)) - 1);
      } else for (const change of changes) previous.changes.set(change);
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
  changes: Changes;
  whole: JsonObject | undefined;
}

function mergedOf(operation: Operation): Merged {
  const changes = new Changes();
  for (const change of changesOf(operation.data ?? {})) changes.set(change);
  return {
    type: operation.type,
    target: operation.target,
    id: operation.id,
    changes,
    whole: operation.type === 'add' ? operation.data : undefined,
  };
}

function operationOf({ type, target, id, changes, whole }: Merged): Operation {
  const named = { type, target, ...(id === undefined ? {} : { id }) };
  if (type === 'remove') return named;
  const data = dataOf(changes);
  return { ...named, data: whole === undefined ? data : { id: whole.id, ...data } };
}
