import type { Place } from '../room/place.ts';

/** Of as many rooms as this it is known, those that were left last. */
const MOST_ROOMS = 100;

/**
 * How much of the rooms that it was taken out of a connection has been sent. Some of it may have been on its way
 * still when its client said where it stands.
 */
export class Sent {
  // Most connections stay in their rooms.
  #places: Map<string, Place> | undefined;

  /** @param place default: it is not known */
  note(roomId: string, place: Place = UNKNOWN): void {
    this.#places ??= new Map();
    this.#places.delete(roomId);
    this.#places.set(roomId, place);
    for (const oldest of this.#places.keys()) if (this.#places.size > MOST_ROOMS) this.#places.delete(oldest);
  }

  /** Whether the room was one of them, as far as that is still known. */
  knows(roomId: string): boolean {
    return this.#places?.has(roomId) === true || this.#places?.size === MOST_ROOMS;
  }

  /** Whether something may reach who claims to stand at a place that leads on from there. */
  exceeds(roomId: string, { version, offset }: Place): boolean {
    const sent = this.#places?.get(roomId);
    return sent !== undefined && (sent.version > version || sent.offset > offset);
  }
}

const UNKNOWN: Place = { version: Number.POSITIVE_INFINITY, offset: Number.POSITIVE_INFINITY };
