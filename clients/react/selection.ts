import { useMemo } from 'react';
import { useRoom } from './providers.ts';
import { shallow } from './shallow.ts';
import { type IsEqual, type Selector, type Source, useSelected, whole } from './use-selected.ts';

/** By thing, the ids of those who have selected it, the holder of its lock first. */
export type Selected = Readonly<Record<string, readonly string[]>>;

const NOTHING: Selected = {};

/** Who has selected what, or what the selector makes of it. `useRoom().selection` selects. */
export function useSelection(): Selected;
export function useSelection<T>(select: Selector<Selected, T>, isEqual?: IsEqual<T>): T;
export function useSelection(
  select: Selector<Selected, unknown> = whole,
  isEqual: IsEqual<unknown> = shallow,
): unknown {
  const { selection } = useRoom();
  const source = useMemo<Source<Selected>>(
    () => ({
      subscribe: (changed) => selection.on('change', changed),
      read: () => selection.selected,
      initial: NOTHING,
    }),
    [selection],
  );
  return useSelected(source, select, isEqual);
}
