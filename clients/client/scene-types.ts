import type { Operation } from '../../protocol/index.ts';
import type { TandemError } from './error.ts';
import type { Item } from './things.ts';

export interface SceneChange {
  /** Ids of items that were added, changed or removed. */
  items: readonly string[];
  /** The scene's own properties are among what changed. */
  properties: boolean;
}

/** A scene at one moment: never changed, so that it can be compared and kept. */
export interface SceneSnapshot {
  readonly version: number;
  readonly items: ReadonlyMap<string, Item>;
  readonly properties: Item;
}

/** Whether there is something to undo, or to redo. */
export interface HistoryState {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

export interface SceneEvents {
  change: SceneChange;
  history: HistoryState;
  /** Operations of one's own were refused, and are taken back. */
  refused: { operations: readonly Operation[]; error: TandemError };
}

export interface ApplyOptions {
  /** Refuse it where somebody else has changed the same since this version. */
  version?: number;
  /** Default true. False: `undo` knows nothing of it, as where a scene is furnished for everybody. */
  undoable?: boolean;
}
