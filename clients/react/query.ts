'use client';

import { type QueryKey, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useHeldRoom } from './providers.ts';

/** What changes a component, as its subscribers are told. */
const changes = new Set([
  'component:created',
  'component:updated',
  'component:deleted',
  'component:nested-created',
  'component:nested-updated',
  'component:nested-deleted',
]);

/**
 * Keeps the query of a component fresh while it is mounted: joins the component's room, and invalidates the query
 * whenever somebody else, or a backend, has changed the component, and when a connection is back that was lost.
 *
 * @param queryKey default `['component', componentId]`
 */
export function useRealtime(componentId: string, queryKey: QueryKey = ['component', componentId]): void {
  const queryClient = useQueryClient();
  const room = useHeldRoom(`component:${componentId}`);
  const key = useRef(queryKey);
  useEffect(() => {
    key.current = queryKey;
  });
  useEffect(() => {
    let isDue = false;
    let isLive = true;
    let wasJoined = room.status === 'joined';
    // Once for all that comes in one frame.
    const invalidate = () => {
      if (isDue) return;
      isDue = true;
      queueMicrotask(() => {
        isDue = false;
        if (isLive) queryClient.invalidateQueries({ queryKey: key.current });
      });
    };
    const ends = [
      room.on('event', ({ event }) => changes.has(event) && invalidate()),
      room.on('status', (status) => {
        if (status === 'joined' && wasJoined) invalidate();
        wasJoined ||= status === 'joined';
      }),
    ];
    return () => {
      isLive = false;
      for (const end of ends) end();
    };
  }, [room, queryClient]);
}
