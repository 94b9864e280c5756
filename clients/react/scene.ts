import { useMemo } from 'react';
import type { Item, SceneSnapshot } from '../client/index.ts';
import { useRoom } from './providers.ts';
import { shallow } from './shallow.ts';
import { type IsEqual, type Selector, type Source, useSelected, whole } from './use-selected.ts';

const EMPTY: SceneSnapshot = { version: 0, items: new Map(), properties: {} };

/**
 * The scene of the room, or what the selector makes of it, with what is not confirmed yet. `useRoom().scene`
 * changes it.
 *
 * @param isEqual default `shallow`
 */
export function useScene(): SceneSnapshot;
export function useScene<T>(select: Selector<SceneSnapshot, T>, isEqual?: IsEqual<T>): T;
export function useScene(
  select: Selector<SceneSnapshot, unknown> = whole,
  isEqual: IsEqual<unknown> = shallow,
): unknown {
  const { scene } = useRoom();
  const source = useMemo<Source<SceneSnapshot>>(
    () => ({
      subscribe: (changed) => scene.on('change', changed),
      read: () => scene.snapshot,
      initial: EMPTY,
    }),
    [scene],
  );
  return useSelected(source, select, isEqual);
}

/** One item; undefined where there is none. For many components that each show one of many items. */
export function useItem(id: string): Item | undefined {
  const { scene } = useRoom();
  const source = useMemo<Source<Item | undefined>>(
    () => ({
      subscribe: (changed) => scene.on('change', changed),
      read: () => scene.items.get(id),
      initial: undefined,
    }),
    [scene, id],
  );
  return useSelected(source, whole, Object.is);
}

const UNTOUCHED = { canUndo: false, canRedo: false };

export interface Undo {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** Takes back the latest of one's own steps; resolves with false where there is nothing to take back. */
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
}

/** What this user has done to the scene, to be taken back. */
export function useUndo(): Undo {
  const { scene } = useRoom();
  const source = useMemo<Source<Pick<Undo, 'canUndo' | 'canRedo'>>>(
    () => ({
      subscribe: (changed) => scene.on('history', changed),
      read: () => scene.history,
      initial: UNTOUCHED,
    }),
    [scene],
  );
  const actions = useMemo(() => ({ undo: () => scene.undo(), redo: () => scene.redo() }), [scene]);
  return { ...useSelected(source, whole, Object.is), ...actions };
}
