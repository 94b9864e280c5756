import type { UserPresence } from '../../protocol/index.ts';
import type { Mark } from '../dialect/mark.ts';
import { type JoinedAt, type Served, type ServedBefore, stored } from '../fanout/flushes.ts';
import { type Claimed, isThrough, later } from '../fanout/position.ts';

/** What is kept of a session, so that its client can come back to it. */
export interface Stay {
  readonly userId: string;
  readonly dialect: string;
  /** Who holds it, or held it last, and sees to its end. */
  readonly node: string;
  /** All that it has had, the latest at the end. */
  readonly connections: readonly string[];
  /** What it joined, and where it stood in each then, or when it came back last. An array: an object would have a
   * shape of its own for each. */
  readonly rooms: readonly StayRoom[];
  /** What it left, and how it was served there: its client may have heard nothing since. */
  readonly left?: readonly LeftRoom[] | undefined;
  /** With which its client came last: what it heard before this connection. */
  readonly mark?: string | undefined;
}

export interface StayRoom extends Joined {
  readonly roomId: string;
  /** How it was served there until its connection broke. */
  readonly served?: ServedBefore;
}

export interface LeftRoom {
  readonly roomId: string;
  readonly served: ServedBefore;
}

export interface Joined extends JoinedAt {
  readonly user: UserPresence & { userId: string };
}

export function hasRoom({ rooms }: Stay, roomId: string): boolean {
  return rooms.some((one) => one.roomId === roomId);
}

/** Whether nobody has taken it since, or has joined or left rooms with it. */
export function isAsBefore(stay: Stay | undefined, { connections, rooms }: Stay): boolean {
  if (stay?.connections.at(-1) !== connections.at(-1) || stay?.rooms.length !== rooms.length) return false;
  return rooms.every(({ roomId }) => hasRoom(stay, roomId));
}

/** Who has seen nothing has missed everything in whatever life of the log: one that keeps nothing is dropped. */
export function anyEpoch({ epoch, version, offset }: Omit<Joined, 'user'>): Claimed {
  return { epoch: version === 0 && offset === 0 ? undefined : epoch, version, offset };
}

/** A stay as the connection has it that takes it, with where it stands now and the mark that it came with. */
export function takenBy(connectionId: string, stay: Stay, now: Pick<Stay, 'node' | 'rooms' | 'mark'>): Stay {
  const connections = [...stay.connections, connectionId].slice(-MOST_CONNECTIONS);
  return { ...stay, ...now, connections, left: undefined };
}

const MOST_CONNECTIONS = 20;

/** Whether a change of a stay knows who has it now: a node that had it before may not have heard of that. */
export function followsStay(next: Stay, { connections }: Stay): boolean {
  return next.connections.includes(connections.at(-1) ?? '');
}

/** What its client has of the room where its mark was heard. What came before it joined there is none of its own. */
export function heardOf(room: StayRoom, mark: Mark): Omit<Mark, 'roomId'> {
  return room.epoch === mark.epoch ? { ...later(mark, room), epoch: mark.epoch } : mark;
}

/** Whether its client has heard where it stands, in a vocabulary that tells it who joins with the whole state. */
export function hasBegun({ rooms }: Stay, mark: Mark | undefined): boolean {
  return rooms.every((room) => mark?.roomId === room.roomId && isThrough(mark, room));
}

/** @param all by room, those that it left among them */
export function withServed(stay: Stay, all: ReadonlyMap<string, Served>): Stay {
  const rooms = stay.rooms.map((room) => {
    const one = all.get(room.roomId);
    return one === undefined ? room : { ...room, served: stored(one) };
  });
  const left = [...all].filter(([roomId]) => !hasRoom(stay, roomId));
  return { ...stay, rooms, left: left.map(([roomId, one]) => ({ roomId, served: stored(one) })) };
}
