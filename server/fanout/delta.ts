import type { Operation } from '../../protocol/index.ts';
import type { DeltaEvent } from '../dialect/events.ts';
import type { OperationsEffect } from '../room/effect.ts';
import { coalesce } from './coalesce.ts';

/**
 * All that some entries changed, as one delta; undefined where there are none.
 *
 * @param effects each begins at the version where the one before ended
 */
export function deltaOf(effects: readonly OperationsEffect[], offset: number): DeltaEvent | undefined {
  const [first] = effects;
  const last = effects.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const { fromVersion } = first;
  const { toVersion } = last;
  const operations = coalesce(effects.flatMap((one) => one.operations));
  const delta = { type: 'delta' as const, offset, fromVersion, toVersion, operations, bare: operations };
  if (!effects.some((one) => one.relayed)) return delta;
  let bare: Operation[] | undefined;
  return {
    ...delta,
    // Most applications do not ask for it.
    get bare() {
      bare ??= bareOf(effects);
      return bare;
    },
  };
}

/**
 * What was not relayed. It is shown after the events, and what came last has to have the last word: of a thing
 * that events tell of, too, all that came after its first change here is repeated, one by one, for what
 * cancels out here does not beside the events.
 */
function bareOf(effects: readonly OperationsEffect[]): Operation[] {
  const told = new Set(effects.flatMap((one) => (one.relayed ? one.operations.map(({ id }) => id) : [])));
  const changed = new Set<string | undefined>();
  const untold: Operation[] = [];
  const repeated: Operation[] = [];
  for (const { operations, relayed } of effects) {
    for (const operation of operations) {
      const { id } = operation;
      if (!told.has(id)) untold.push(operation);
      else if (!relayed || changed.has(id)) {
        changed.add(id);
        repeated.push(operation);
      }
    }
  }
  return [...coalesce(untold), ...repeated];
}
