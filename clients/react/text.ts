import { useMemo } from 'react';
import type { RoomText } from '../client/text/index.ts';
import { useRoom } from './providers.ts';
import { type Source, useSelected, whole } from './use-selected.ts';

/**
 * A text document of the room: its text, with what is not confirmed yet, and what changes it. Needs the option `text`
 * of `connect`.
 */
export function useText(documentId: string): readonly [string, RoomText] {
  const room = useRoom();
  const text = room.text(documentId);
  const source = useMemo<Source<string>>(
    () => ({
      subscribe: (changed) => text.on('change', changed),
      read: () => text.value,
      initial: '',
    }),
    [text],
  );
  return [useSelected(source, whole, Object.is), text];
}
