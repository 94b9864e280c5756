'use client';

export { type UpdateMyPresence, useMyPresence, useOthers } from './presence.ts';
export {
  RoomProvider,
  type RoomProviderProps,
  TandemProvider,
  type TandemProviderProps,
  useClient,
  useRoom,
} from './providers.ts';
export { useRoomEvent } from './room-event.ts';
export { type Undo, useItem, useScene, useUndo } from './scene.ts';
export { type Selected, useSelection } from './selection.ts';
export { shallow } from './shallow.ts';
export { usePending, useRoomStatus, useStatus } from './status.ts';
export { useText } from './text.ts';
export type { IsEqual, Selector } from './use-selected.ts';
