import { latestOffset } from './recent.ts';
import type { RoomState } from './state.ts';

/**
 * How much of a room a client has seen: the scene's version, and the offset through which it has all texts,
 * messages, published and relayed events. Two numbers, because operations are merged within a tick and so leave
 * behind what came between them.
 */
export interface Place {
  version: number;
  offset: number;
}

/** Where the room stands. */
export function placeOf({ scene, recent }: RoomState): Place {
  return { version: scene.version, offset: latestOffset(recent) };
}
