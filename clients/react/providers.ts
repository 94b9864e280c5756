import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useEffect,
  useInsertionEffect,
  useState,
} from 'react';
import type { Client, JoinOptions, Room } from '../client/index.ts';
import { describe, hold, roomOf } from './leases.ts';

const ClientContext = createContext<Client | undefined>(undefined);
const RoomContext = createContext<Room | undefined>(undefined);

export interface TandemProviderProps {
  /** Made once, outside of components: `connect(url, options)`, with `lazy` where a server renders, too. */
  client: Client;
  children?: ReactNode;
}

/** Gives a client to all hooks below. It does not close it. */
export function TandemProvider({ client, children }: TandemProviderProps): ReactNode {
  return createElement(ClientContext.Provider, { value: client }, children);
}

export interface RoomProviderProps extends JoinOptions {
  id: string;
  children?: ReactNode;
}

/**
 * Joins a room while it is mounted, and gives it to all hooks below. However many of the same room there are, it is
 * joined once, and left when the last one has gone and all is saved (`room.pending` is 0); one that the application had
 * joined before is not left. `user` counts for the join; `useMyPresence` changes it.
 */
export function RoomProvider({ id, children, ...options }: RoomProviderProps): ReactNode {
  return createElement(RoomContext.Provider, { value: useHeldRoom(id, options) }, children);
}

/** The client of the `TandemProvider` around. */
export function useClient(): Client {
  return there(useContext(ClientContext), 'TandemProvider');
}

/** The room of the `RoomProvider` around. */
export function useRoom(): Room;
/**
 * A room that is joined while the component is mounted. The same object as long as the id is the same, unless the
 * component was hidden and the room left meanwhile. It takes commands at once.
 */
export function useRoom(roomId: string, options?: JoinOptions): Room;
export function useRoom(roomId?: string, options?: JoinOptions): Room {
  const around = useContext(RoomContext);
  return there(useHeldRoom(roomId, options) ?? around, 'RoomProvider');
}

function there<T>(given: T | undefined, provider: string): T {
  if (given === undefined) throw new Error(`There is no ${provider} around this component.`);
  return given;
}

/** @internal */
export function useHeldRoom(roomId: string, options?: JoinOptions): Room;
export function useHeldRoom(roomId: string | undefined, options?: JoinOptions): Room | undefined;
export function useHeldRoom(roomId: string | undefined, options?: JoinOptions): Room | undefined {
  const client = useClient();
  const fresh = () => ({ client, roomId, room: roomId && roomOf(client, roomId, options) });
  const [remembered, remember] = useState(fresh);
  let now = remembered;
  if (now.client !== client || now.roomId !== roomId) {
    now = fresh();
    remember(now);
  }
  const { room } = now;
  // Before any other effect, and of what is hidden, too.
  useInsertionEffect(() => {
    if (room) describe(client, room, options);
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the options count when a room is made, not later
  useEffect(() => {
    if (!room) return;
    const held = hold(client, room);
    const next = held?.room ?? roomOf(client, room.id, options);
    if (next !== room) remember({ client, roomId: room.id, room: next });
    return held?.release;
  }, [client, room]);
  return room || undefined;
}
