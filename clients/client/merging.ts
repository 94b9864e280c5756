import type { JsonObject, Operation } from '../../protocol/index.ts';
import { type Change, changesOf, dataOf, pathOf } from '../../protocol/properties.ts';
import { thingOf } from './things.ts';

type Command = Readonly<Record<string, unknown>>;

/**
 * One command where a later one only carries an earlier one on: updates of the same things, where the last value of
 * a property wins, or of how a user is shown. `passes`: they have nothing to do with each other, so that the later may be merged into one that
 * is still earlier; `apart`: it may not.
 */
export function merged(earlier: Command, later: Command): Command | 'passes' | 'apart' {
  // One who describes itself anew.
  if (later.type === 'join') return earlier.type === 'join' ? { ...earlier, user: later.user } : 'passes';
  if (earlier.type === 'join') return 'passes';
  const [before, after] = [operationsOf(earlier), operationsOf(later)];
  if (before === undefined || after === undefined) return 'apart';
  const things = new Set(before.map(thingOf));
  if (!after.some((one) => things.has(thingOf(one)))) return 'passes';
  const isSame =
    things.size === before.length &&
    things.size === after.length &&
    before.every((one, at) => isUpdateOfSame(one, after[at] as Operation));
  const operations = before.map((one, at) => ({ ...one, data: together(one.data, after[at]?.data) }));
  return isSame && operations.every(({ data }) => data) ? { ...earlier, operations } : 'apart';
}

/** Of a command that changes the scene whatever others do meanwhile; undefined: of another. */
function operationsOf({ type, version, operations }: Command): readonly Operation[] | undefined {
  return type === 'sceneOperation' && version === undefined ? (operations as Operation[]) : undefined;
}

function isUpdateOfSame(one: Operation, other: Operation): boolean {
  return one.type === 'update' && other.type === 'update' && thingOf(one) === thingOf(other);
}

/** Undefined where a whole is set of which a part may be, too: no data says in which order. */
function together(before: JsonObject = {}, after: JsonObject = {}): JsonObject | undefined {
  const latest = new Map<string, Change>();
  for (const change of [...changesOf(before), ...changesOf(after)]) {
    const [whole, , part] = change.keys;
    if (whole === 'transform' && part === undefined) return;
    // What is said last stands last.
    latest.delete(pathOf(change));
    latest.set(pathOf(change), change);
  }
  return dataOf(latest.values());
}
