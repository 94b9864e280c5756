import { restored, type Served, stored } from '../fanout/flushes.ts';

/** As many as a connection is in at once, unless it is set otherwise. */
const MOST_LEFT = 32;

/** How connections were served in rooms that they left, of which their clients may have heard last. */
export class LeftRooms {
  readonly #byConnection = new Map<string, Map<string, Served>>();

  note(connectionId: string, roomId: string, served: Served): void {
    const rooms = this.#byConnection.get(connectionId) ?? new Map<string, Served>();
    this.#byConnection.set(connectionId, rooms);
    rooms.delete(roomId);
    // As it was then: the room goes on without it.
    rooms.set(roomId, restored(stored(served)));
    for (const oldest of rooms.keys()) if (rooms.size > MOST_LEFT) rooms.delete(oldest);
  }

  /** By room, those that were left last at the end. */
  of(connectionId: string): ReadonlyMap<string, Served> | undefined {
    return this.#byConnection.get(connectionId);
  }

  forget(connectionId: string): void {
    this.#byConnection.delete(connectionId);
  }
}
