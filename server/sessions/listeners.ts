import type { Session } from '../dispatch/session.ts';
import { apartFromOperations, type Claimed, isUpToDate } from '../fanout/position.ts';
import type { Ticker } from '../fanout/ticker.ts';
import type { LiveRoom } from '../live/live-room.ts';
import type { Rooms } from '../live/rooms.ts';
import type { Log, LogError } from '../log/log.ts';
import { anyEpoch, type Joined } from '../recovery/stay.ts';
import { placeOf } from '../room/place.ts';
import { identityOf } from './sessions.ts';

export interface ListenersOptions {
  readonly log: Pick<Log, 'head' | 'isShared'>;
  readonly ticker: Pick<Ticker, 'request'>;
  rooms: Rooms;
  /** Where a room stood when a session began to hear it. */
  onListening(session: Session, roomId: string, from: Joined): void;
}

/**
 * Who hears a room without being in it, as users do their own. Nobody sees them there, and the room need not be
 * in memory: it serves them when it is opened, which the next event does.
 */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #byRoom = new Map<string, Session[]>();
  /** Those whose room could not be opened, nor asked for where it stands. */
  readonly #deaf = new Set<Session>();

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  /** @param since what the session has had of the room already; undefined: it hears what comes from now on */
  listen(session: Session, roomId: string, since?: Claimed): void {
    session.hears = { roomId, since };
    const others = this.#byRoom.get(roomId);
    if (others === undefined) this.#byRoom.set(roomId, [session]);
    else others.push(session);
    void this.#begin(session);
  }

  /** Tries again what has failed; to be called about once a second. */
  sweep(): void {
    const deaf = [...this.#deaf];
    this.#deaf.clear();
    for (const session of deaf) void this.#begin(session);
  }

  async #begin(session: Session): Promise<void> {
    const { hears } = session;
    if (hears === undefined) return;
    await this.#hear(session, hears).catch((error: LogError) => this.#failed([session], hears.roomId, error));
  }

  #failed(sessions: readonly Session[], roomId: string, { code }: LogError): void {
    // It has been reported, and is tried again with the next event.
    if (code === 'LOG_CORRUPT') return;
    for (const session of sessions) if (session.hears?.roomId === roomId) this.#deaf.add(session);
  }

  async #hear(session: Session, { roomId, since }: NonNullable<Session['hears']>): Promise<void> {
    const { log, rooms, onListening } = this.#options;
    const { userId } = identityOf(session) ?? {};
    if (userId === undefined) return;
    const user = { userId };
    const room = rooms.get(roomId);
    if (room?.view !== undefined) {
      const { epoch, state } = room.view;
      if (since === undefined) onListening(session, roomId, { user, epoch, ...placeOf(state) });
      // It may have been opened, and serve it, since this was tried first.
      if (room.fanout?.attachmentOf(session.id) === undefined) this.#serve(room, session);
      return;
    }
    const head = await log.head(roomId);
    if (since === undefined)
      onListening(session, roomId, { user, epoch: '', offset: 0, ...head, version: 0 });
    // What another process publishes is heard in an open room alone, and may come before it is open.
    if (log.isShared && session.hears !== undefined)
      session.hears.since ??= { epoch: head?.epoch, offset: head?.offset ?? 0, version: 0 };
    const isBehind = since !== undefined && head !== undefined && !isUpToDate(since, head);
    if (log.isShared || isBehind) await rooms.load(roomId);
  }

  forget(session: Session): void {
    const { roomId = '' } = session.hears ?? {};
    const left = this.#byRoom.get(roomId)?.filter((one) => one !== session) ?? [];
    if (left.length > 0) this.#byRoom.set(roomId, left);
    else this.#byRoom.delete(roomId);
    session.hears = undefined;
    this.#deaf.delete(session);
    const room = this.#options.rooms.get(roomId);
    room?.fanout?.detach(session.id);
    room?.rest();
  }

  /** Serves all who listen to a room that was opened. */
  opened(room: LiveRoom): void {
    for (const session of this.#byRoom.get(room.roomId) ?? []) this.#serve(room, session);
  }

  /** A room is about to be left behind by its log: who listens goes on in another one. */
  renewing({ roomId, view, fanout }: LiveRoom): void {
    const sessions = this.#byRoom.get(roomId);
    if (sessions === undefined) return;
    for (const session of sessions) {
      fanout?.detach(session.id);
      if (session.hears !== undefined && view !== undefined)
        session.hears.since = anyEpoch({ epoch: view.epoch, ...placeOf(view.state) });
    }
    const loading = this.#options.rooms.load(roomId);
    loading.catch((error: LogError) => this.#failed(sessions, roomId, error));
  }

  #serve({ view, fanout }: LiveRoom, session: Session): void {
    const { userId } = identityOf(session) ?? {};
    if (fanout === undefined || view === undefined || userId === undefined) return;
    if (session.hears === undefined) return;
    const { epoch, state } = view;
    // How many operations there were was not known while the room was not in memory; and nobody is told them here.
    const since = apartFromOperations(state, session.hears.since ?? { epoch, ...placeOf(state) });
    session.hears.since = undefined;
    fanout.attach(session.receiver, userId, { joins: [], scene: false, since, recovers: [] });
    this.#options.ticker.request(fanout);
  }
}
