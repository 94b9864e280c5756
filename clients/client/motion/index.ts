import type { CameraState, MessageOf } from '../../../protocol/index.ts';
import type { Unsubscribe } from '../events.ts';
import type { Room } from '../room.ts';
import { Track, type TrackOptions } from './track.ts';

export { mix } from './mix.ts';
export { Track, type TrackOptions } from './track.ts';

export interface MotionOptions extends TrackOptions {
  /** Milliseconds. Default `performance.now`, as of `requestAnimationFrame`. */
  now?(): number;
}

/** How others move, made smooth: signals come once a tick at most, and unevenly. */
export interface Motion<T> {
  /** Where somebody is to be shown at this moment; undefined where nothing is known. */
  of(userId: string, now?: number): T | undefined;
  /** Everybody of whom something is known. */
  users(): Iterable<string>;
  /** Ends it. */
  stop: Unsubscribe;
}

/**
 * The cameras of the others who view a thing: positions go straight, quaternions turn, angles of `rotation` go
 * the short way round. `room.cameras.of` has them as they came.
 */
export function cameraMotion(room: Room, planetId: string, options: MotionOptions = {}): Motion<CameraState> {
  return motionOf(room, options, (add) => {
    for (const [userId, camera] of room.cameras.of(planetId)) add(userId, camera);
    return room.cameras.on('change', (one) => one.planetId === planetId && add(one.userId, one.camera));
  });
}

/** The positions of the cursors of the others; null where one has gone. Signals without any change nothing. */
export function cursorMotion(
  room: Room,
  options: MotionOptions = {},
): Motion<MessageOf<'cursor'>['position']> {
  return motionOf(room, options, (add) =>
    room.on('cursor', ({ userId, position }) => position !== undefined && add(userId, position)),
  );
}

function motionOf<T>(
  room: Room,
  { now = () => performance.now(), ...options }: MotionOptions,
  listen: (add: (userId: string, value: T) => void) => Unsubscribe,
): Motion<T> {
  const tracks = new Map<string, Track<T>>();
  const stopHearing = listen((userId, value) => {
    const track = tracks.get(userId) ?? new Track<T>(options);
    tracks.set(userId, track);
    track.add(value, now());
  });
  const stopLooking = room.presence.on('change', (users) => {
    const present = new Set(users.map((one) => one.userId));
    for (const userId of tracks.keys()) if (!present.has(userId)) tracks.delete(userId);
  });
  return {
    of: (userId, at = now()) => tracks.get(userId)?.at(at),
    users: () => tracks.keys(),
    stop() {
      stopHearing();
      stopLooking();
    },
  };
}
