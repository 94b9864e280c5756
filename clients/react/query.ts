'use client';

import { type Query, type QueryKey, useQueryClient } from '@tanstack/react-query';
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
 * whenever somebody else, or a backend, has changed the component, and with each join, for what changed before that is
 * not told. It goes by the events `component:…` (`component:updated`): what is changed by `room.scene`, or a
 * `sceneOperation`, comes as scene alone, and invalidates nothing.
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
    const refetch = async () => {
      const filters = { queryKey: key.current };
      // A first fetch that is under way may have missed the change, and is not begun anew.
      const isFirst = ({ state }: Query) => state.data === undefined;
      const wasFirst = queryClient.isFetching({ ...filters, predicate: isFirst }) > 0;
      await queryClient.invalidateQueries(filters);
      if (wasFirst && isLive) queryClient.invalidateQueries(filters);
    };
    // Once for all that comes in one frame.
    const invalidate = () => {
      if (isDue) return;
      isDue = true;
      queueMicrotask(() => {
        isDue = false;
        if (isLive) refetch();
      });
    };
    const ends = [
      room.on('event', ({ event }) => changes.has(event) && invalidate()),
      room.on('status', (status) => status === 'joined' && invalidate()),
    ];
    return () => {
      isLive = false;
      for (const end of ends) end();
    };
  }, [room, queryClient]);
}
