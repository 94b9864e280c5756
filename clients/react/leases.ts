import type { Client, JoinOptions, Room, Unsubscribe, User } from '../client/index.ts';

/** How many use a room that hooks have made. */
interface Lease {
  users: number;
  /** Who enters it: given in what is rendered in the end. */
  user: User | undefined;
  /** Takes back that it is about to be left. */
  stay: () => void;
}

/** Of rooms that the application had joined before there is none: it leaves them itself. */
const leases = new WeakMap<Room, Lease>();

/** Rooms that were rendered and are not entered yet. Where the render is thrown away, so are they. */
const prepared = new WeakMap<Client, Map<string, WeakRef<Room>>>();

const isEnded = ({ status }: Room) => status === 'left' || status === 'refused';

/**
 * The room of this id, for all who render it: the joined one, or one to be entered, as the latest `user` that was
 * given. Nobody hears of that.
 */
export function roomOf(client: Client, roomId: string, options?: JoinOptions): Room {
  const joined = client.rooms.get(roomId);
  if (joined !== undefined) return joined;
  const waiting = prepared.get(client) ?? new Map<string, WeakRef<Room>>();
  prepared.set(client, waiting);
  const known = waiting.get(roomId)?.deref();
  if (known !== undefined && !isEnded(known)) {
    if (options?.user !== undefined) known.as(options.user);
    return known;
  }
  for (const [id, one] of waiting) if (one.deref() === undefined) waiting.delete(id);
  const room = client.prepare(roomId, options);
  waiting.set(roomId, new WeakRef(room));
  leases.set(room, { users: 0, user: undefined, stay: () => {} });
  return room;
}

export interface Held {
  /** The room that is joined, should it be another one meanwhile. */
  readonly room: Room;
  release: Unsubscribe;
}

/** Says who enters a room that is not joined yet, whatever a render in vain has said. Before anybody holds it. */
export function describe(client: Client, room: Room, options?: JoinOptions): void {
  const lease = leases.get(room);
  if (lease === undefined || client.rooms.has(room.id)) return;
  lease.user = options?.user ?? lease.user;
  room.as(lease.user ?? {});
}

/** Joins a room for as long as one at least holds it. Undefined: it has ended, and another one is needed. */
export function hold(client: Client, wanted: Room): Held | undefined {
  if (isEnded(wanted)) return undefined;
  const room = client.enter(wanted);
  prepared.get(client)?.delete(room.id);
  const lease = leases.get(room);
  if (lease === undefined) return { room, release: () => {} };
  lease.users += 1;
  lease.stay();
  return {
    room,
    release() {
      lease.users -= 1;
      if (lease.users === 0) lease.stay = leaveOnceSaved(room);
    },
  };
}

/** Not at once: whoever is mounted again, or comes in its place, goes on in it. What it returns takes it back. */
function leaveOnceSaved(room: Room): () => void {
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      // Leaving gives up what is not saved yet.
      if (room.pending > 0) return;
      stay();
      room.leave();
    }, 0);
  };
  const end = room.on('pending', soon);
  const stay = () => {
    clearTimeout(leaving);
    end();
  };
  soon();
  return stay;
}
