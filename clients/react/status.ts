import { useMemo } from 'react';
import type { RoomStatus, Status } from '../client/index.ts';
import { useClient, useRoom } from './providers.ts';
import { type Source, useSelected, whole } from './use-selected.ts';

/** Of the connection: `waiting` is for the next attempt, `closed` for good. */
export function useStatus(): Status {
  const client = useClient();
  const source = useMemo<Source<Status>>(
    () => ({
      subscribe: (changed) => client.on('status', changed),
      read: () => client.status,
      initial: 'connecting',
    }),
    [client],
  );
  return useSelected(source, whole, Object.is);
}

/** Of the room: `refused` where this user may not be in it. */
export function useRoomStatus(): RoomStatus {
  const room = useRoom();
  const source = useMemo<Source<RoomStatus>>(
    () => ({
      subscribe: (changed) => room.on('status', changed),
      read: () => room.status,
      initial: 'joining',
    }),
    [room],
  );
  return useSelected(source, whole, Object.is);
}

/** How many of one's own commands the server has not answered yet: 0 says that all is saved. */
export function usePending(): number {
  const room = useRoom();
  const source = useMemo<Source<number>>(
    () => ({
      subscribe: (changed) => room.on('pending', changed),
      read: () => room.pending,
      initial: 0,
    }),
    [room],
  );
  return useSelected(source, whole, Object.is);
}
