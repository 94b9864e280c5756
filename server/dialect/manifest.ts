import type { Manifest } from '../../protocol/index.ts';
import type { RoomView } from './events.ts';

/** The scene of a room as clients see it. */
export function manifestOf({ state: { scene } }: RoomView): Manifest {
  return {
    properties: scene.properties.data,
    items: Object.fromEntries([...scene.items].map(([id, item]) => [id, item.data])),
  };
}
