import { useEffect, useRef } from 'react';
import type { RoomEvents } from '../client/index.ts';
import { useRoom } from './providers.ts';

/**
 * Calls the listener, the latest that was rendered, at every event of the room: cursors, say, 60 times a second,
 * without rendering anything.
 */
export function useRoomEvent<K extends keyof RoomEvents>(
  name: K,
  listener: (told: RoomEvents[K]) => void,
): void {
  const room = useRoom();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  useEffect(() => room.on(name, (told) => latest.current(told)), [room, name]);
}
