import type { Operation } from '../../protocol/index.ts';
import { itemIdOf, type Scene } from './scene.ts';

/**
 * Operations as far as they fit the scene, one after the other: an update of an item that is not there
 * becomes an add, an add of one that is there an update, and a removal of one that is not there is left out.
 * [SPEC: EV]
 */
export function fitted(scene: Scene, operations: readonly Operation[]): Operation[] {
  // What the operations before it will have done to an item.
  const made = new Map<string, boolean>();
  return operations.flatMap((operation) => {
    if (operation.target === 'scene') return [operation];
    const id = itemIdOf(operation);
    const exists = made.get(id) ?? scene.items.has(id);
    made.set(id, operation.type !== 'remove');
    if (operation.type === 'remove') return exists ? [operation] : [];
    return [{ ...operation, type: exists ? 'update' : 'add', id }];
  });
}
