import type { JsonObject, Operation } from '../../protocol/index.ts';
import { changesOf, getProperty, setProperty } from '../../protocol/properties.ts';
import { fold, type Item, isSame, SCENE, type Thing, thingOf } from './things.ts';

/** One thing that an operation changed: a property or, where `keys` is empty, whether there is the item. */
export interface Reversal {
  readonly thing: Thing;
  readonly keys: readonly string[];
  before: unknown;
  readonly after: unknown;
}

/** What an operation changes in the thing that it is about. */
export function reversalsOf(thing: Thing, item: Item | undefined, operation: Operation): Reversal[] {
  if (operation.type !== 'update') {
    return [{ thing, keys: [], before: item, after: fold(item, operation) }];
  }
  return changesOf(operation.data ?? {}).map(({ keys, value }) => ({
    thing,
    keys,
    before: getProperty(item ?? {}, keys),
    after: value,
  }));
}

/** Others have changed what lies below an operation that is not confirmed: that is what it hides now. */
export function rebase(
  known: readonly Reversal[],
  thing: Thing,
  item: Item | undefined,
  operation: Operation,
): void {
  const fresh = reversalsOf(thing, item, operation);
  for (const [index, one] of known.entries()) {
    const { before } = fresh[index] ?? one;
    // Where its own value lies below, it is the operation itself that has come back.
    if (!isSame(before, one.after)) one.before = before;
  }
}

/**
 * Operations that take back what was changed, the latest first, as far as it still is what it was changed to:
 * what somebody else has changed since stays.
 */
export function operationsAgainst(
  reversals: readonly Reversal[],
  itemOf: (thing: Thing) => Item | undefined,
): Operation[] {
  const operations: Operation[] = [];
  const now = new Map<Thing, Item | undefined>();
  for (const { thing, keys, before, after } of [...reversals].reverse()) {
    const item = now.has(thing) ? now.get(thing) : itemOf(thing);
    const operation =
      keys.length === 0
        ? wholeAgainst(thing, item, before, after)
        : partAgainst(thing, item, keys, before, after);
    if (operation === undefined) continue;
    now.set(thing, fold(item, operation));
    // A gesture may go to and fro between things, which have nothing to do with each other.
    const last = operations.findLast((one) => thingOf(one) === thing);
    if (!merge(last, operation)) operations.push(operation);
  }
  return operations;
}

function wholeAgainst(thing: Thing, item: Item | undefined, before: unknown, after: unknown) {
  if (thing === SCENE || !isSame(item, after) || (item === undefined) !== (after === undefined))
    return undefined;
  const target = { target: 'item', id: thing } as const;
  if (before === undefined) return item && ({ type: 'remove', ...target } as Operation);
  return { type: 'add', ...target, data: before as JsonObject } as Operation;
}

function partAgainst(
  thing: Thing,
  item: Item | undefined,
  keys: readonly string[],
  before: unknown,
  after: unknown,
): Operation | undefined {
  if (item === undefined || !isSame(getProperty(item, keys), after) || isSame(before, after))
    return undefined;
  const data: JsonObject = {};
  // A property cannot be taken away; null is the next best.
  setProperty(data, keys, before ?? null);
  const target = thing === SCENE ? { target: 'scene' } : { target: 'item', id: thing };
  return { type: 'update', ...target, data } as Operation;
}

/** One operation where two about the same thing would do the same. */
function merge(last: Operation | undefined, next: Operation): boolean {
  if (last?.type !== 'update' || next.type !== 'update') return false;
  for (const { keys, value } of changesOf(next.data ?? {})) setProperty(last.data as JsonObject, keys, value);
  return true;
}
