import type { Clock } from '../clock.ts';
import { isShort, readMark } from '../dialect/mark.ts';
import type { Return } from '../dispatch/handlers/rejoining.ts';
import type { Session } from '../dispatch/session.ts';
import { placeBeside, restored } from '../fanout/flushes.ts';
import type { Rooms } from '../live/rooms.ts';
import { type DurableMap, openDurableMap } from '../log/durable-map.ts';
import type { Log } from '../log/log.ts';
import type { Nodes } from '../log/nodes.ts';
import type { Logger } from '../logger.ts';
import { openFailed } from '../open-failed.ts';
import { ownName } from '../own-name.ts';
import { LeftRooms } from './left-rooms.ts';
import { missedIn } from './missed.ts';
import {
  anyEpoch,
  followsStay,
  hasBegun,
  hasRoom,
  heardOf,
  isAsBefore,
  type Joined,
  type Stay,
  type StayRoom,
  takenBy,
  withServed,
} from './stay.ts';
import { type ServedRooms, StayEnds } from './stay-ends.ts';

export interface OpenRecoveryOptions extends Omit<RecoveryOptions, 'stays'> {
  readonly log: Log;
  readonly logger: Pick<Logger, 'error'>;
}

/** Opens what is kept of stays. Rejects with a LogError. */
export async function openRecovery(options: OpenRecoveryOptions): Promise<Recovery> {
  const stays = await openDurableMap<Stay>(options.log, STAYS, {
    follows: followsStay,
    onOpenFailed: openFailed(options.logger),
  });
  const recovery = new Recovery({ ...options, stays });
  const holders = new Set([...stays.entries()].map(([, { node }]) => node));
  for (const gone of await options.nodes.gone([...holders])) recovery.nodeGone(gone);
  return recovery;
}

export interface RecoveryOptions {
  readonly clock: Clock;
  readonly nodeId: string;
  readonly nodes: Pick<Nodes, 'gone'>;
  /** By pid. */
  readonly stays: DurableMap<Stay>;
  readonly newId: () => string;
  readonly log: Pick<Log, 'head'>;
  rooms: Rooms;
}

export const STAYS = ownName('stays');

/**
 * Lets clients whose connection broke come back to their rooms as if they had never been away, with what they
 * missed, also after a restart: what they were in stands in a log of its own, what they missed in those of the
 * rooms. Connection state recovery of Socket.IO.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** The pid of each connection. */
  readonly #live = new Map<string, string>();
  readonly #ends: StayEnds;
  /** What connections came with as a mark that began anew, until they are in a room. */
  readonly #marks = new Map<string, string>();
  readonly #left = new LeftRooms();

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#ends = new StayEnds({
      ...options,
      isHeldBy: (pid, node) => options.stays.get(pid)?.node === node,
      onEnd: (pid) => this.#forget(pid),
    });
  }

  /** A node died, or an earlier life of this process: the stays that it held begin to end. */
  nodeGone(gone: string): void {
    for (const [pid, { node }] of this.#options.stays.entries())
      if (node === gone) this.#ends.begin(pid, node);
  }

  /** A new stay. Nothing is stored of it before the first room. */
  begin(session: Session, text?: unknown): string {
    const pid = this.#options.newId();
    this.#live.set(session.id, pid);
    if (isShort(text)) this.#marks.set(session.id, text);
    return pid;
  }

  /**
   * Where a session goes that wants the stay `pid` back; undefined where it cannot have it, or cannot be told
   * all that it missed. With `take` the stay is the session's; false: somebody else has it by now.
   */
  async resume(
    session: Session,
    userId: string,
    { pid, mark: text }: { pid: string; mark: unknown },
  ): Promise<{ own: readonly string[]; returns: Return[]; take(): boolean } | undefined> {
    const stay = this.#options.stays.get(pid);
    if (stay?.userId !== userId || stay.dialect !== session.receiver.dialect.name) return undefined;
    // Stored by another build.
    if (!Array.isArray(stay.rooms)) return undefined;
    const mark = readMark(text);
    // With the same as before it has heard nothing since.
    const isSame = text === stay.mark;
    // What its client has heard is not known: that is not the same as nothing.
    if (mark === undefined && !isSame && text !== undefined && text !== null) return undefined;
    const served = isSame ? nothingServed : this.#servedIn(pid, stay);
    // Of a room that the process could not note before it ended.
    if (mark !== undefined && !isSame && !hasRoom(stay, mark.roomId) && !served.has(mark.roomId))
      return undefined;
    if (session.receiver.dialect.vocabulary.stateNamesMembers && !hasBegun(stay, mark)) return undefined;
    const rooms: StayRoom[] = [];
    const returns: Return[] = [];
    const own = session.receiver.dialect.vocabulary.roomOf?.(userId);
    for (const room of stay.rooms) {
      const { roomId, user } = room;
      // The last mark says where one room stood, and so where others did. Where that is not known, nothing is
      // missing where nothing has happened.
      const known =
        mark && (mark.roomId === roomId ? heardOf(room, mark) : placeBeside(mark, roomId, room, served));
      const { epoch, version, offset } = known ?? room;
      const since = anyEpoch({ epoch, version, offset });
      const missed = await missedIn(roomId, since, { ...this.#options, isOwn: roomId === own });
      if (missed === undefined || (missed > 0 && mark !== undefined && !known)) return undefined;
      rooms.push({ roomId, user, epoch, version, offset });
      returns.push({ roomId, user, since });
    }
    const take = () => {
      // Finding out took time, in which another connection may have taken it, or its end come.
      if (!isAsBefore(this.#options.stays.get(pid), stay)) return false;
      // Those that it had may not have noticed yet that they broke.
      for (const before of stay.connections) {
        this.#live.delete(before);
        this.#left.forget(before);
      }
      this.#live.set(session.id, pid);
      this.#ends.cancel(pid);
      const { nodeId: node } = this.#options;
      this.#keep(pid, takenBy(session.id, stay, { node, rooms, mark: isShort(text) ? text : undefined }));
      return true;
    };
    return { own: stay.connections, returns, take };
  }

  /** Settles when that is durable; undefined: there is nothing to keep. */
  joined(session: Session, roomId: string, joined: Joined): Promise<void> | undefined {
    const pid = this.#live.get(session.id);
    if (pid === undefined) return undefined;
    const { userId } = joined.user;
    const before = this.#options.stays.get(pid) ?? {
      userId,
      dialect: session.receiver.dialect.name,
      node: this.#options.nodeId,
      connections: [session.id],
      rooms: [],
      mark: this.#marks.get(session.id),
    };
    this.#marks.delete(session.id);
    // Where it has been all the time, it may not have got yet what happened since.
    if (hasRoom(before, roomId)) return undefined;
    // By concat and by name, which leave no room to grow: there are as many of them as connections.
    const { user, epoch, version, offset, flush } = joined;
    return this.#keep(pid, {
      ...before,
      rooms: before.rooms.concat({ roomId, user, epoch, version, offset, flush }),
    });
  }

  /** It leaves a room, or has left it. Settles when that is durable; undefined: there is nothing to keep. */
  left(connectionId: string, roomId: string): Promise<void> | undefined {
    const pid = this.#live.get(connectionId);
    const stay = pid === undefined ? undefined : this.#options.stays.get(pid);
    if (pid === undefined || stay === undefined) return undefined;
    // Who has asked for it hears on until it is out: then once more. Who is sent away has not asked.
    const served = this.#options.rooms.get(roomId)?.fanout?.servedTo(connectionId);
    if (served !== undefined) this.#left.note(connectionId, roomId, served);
    if (!hasRoom(stay, roomId)) return undefined;
    return this.#keep(pid, { ...stay, rooms: stay.rooms.filter((one) => one.roomId !== roomId) });
  }

  /** @param isFinal the client, or the server, has ended the stay and not only the connection */
  ended(connectionId: string, isFinal: boolean): void {
    const pid = this.#live.get(connectionId);
    this.#live.delete(connectionId);
    this.#marks.delete(connectionId);
    const left = this.#left.of(connectionId);
    this.#left.forget(connectionId);
    const stay = pid === undefined ? undefined : this.#options.stays.get(pid);
    if (pid === undefined || stay?.connections.at(-1) !== connectionId) return;
    if (isFinal) return this.#forget(pid);
    const served = this.#servedIn(pid, stay, left);
    this.#ends.begin(pid, this.#options.nodeId, served);
    // Of one room the mark alone says enough.
    if (served.size < 2) return;
    this.#keep(pid, withServed(stay, served));
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    return this.#options.stays.close();
  }

  /** To be called about once a second. */
  sweep(): void {
    this.#ends.sweep();
  }

  /** How its rooms serve the last connection of a stay, or served it when it broke. */
  #servedIn(
    pid: string,
    { connections, node, rooms, left: leftBefore = [] }: Stay,
    left = this.#left.of(connections.at(-1) ?? ''),
  ): ServedRooms {
    const before = this.#ends.servedBefore(pid, node);
    if (before !== undefined) return before;
    const served = new Map(left ?? leftBefore.map((one) => [one.roomId, restored(one.served)]));
    for (const { roomId, served: before } of rooms) {
      const { fanout } = this.#options.rooms.get(roomId) ?? {};
      const one = fanout?.servedTo(connections.at(-1) ?? '') ?? (before && restored(before));
      if (one !== undefined) served.set(roomId, one);
    }
    return served;
  }

  /** Never rejects: what cannot be stored is missing after a restart. */
  #keep(pid: string, stay: Stay): Promise<void> {
    return this.#options.stays.set(pid, stay).catch(() => {});
  }

  #forget(pid: string): void {
    this.#ends.cancel(pid);
    this.#options.stays.delete(pid).catch(() => {});
  }
}

const nothingServed: ServedRooms = new Map();
