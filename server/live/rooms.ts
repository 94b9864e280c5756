import { within } from '../clock.ts';
import type { RoomView } from '../dialect/events.ts';
import type { Session } from '../dispatch/session.ts';
import type { SyncRequest } from '../fanout/catch-up.ts';
import type { Happenings } from '../happenings.ts';
import { LogError } from '../log/log.ts';
import { type Answer, type CommandEntry, type Entry, mustNotBeLost } from '../room/entry.ts';
import { hasSessionsOf, sessionsOf } from '../room/members.ts';
import { isBlank, type RoomState } from '../room/state.ts';
import { DeferredEntries } from './deferred-entries.ts';
import { Execution } from './execution.ts';
import type { ExecutionOptions, LogRefusal } from './execution-options.ts';
import { type Join, Joins, refuseSyncs } from './joins.ts';
import { LiveRoom } from './live-room.ts';
import type { LiveRoomOptions } from './live-room-options.ts';
import { PendingAnswers } from './pending-answers.ts';

type OfExecution =
  | ('session' | 'rejoin' | 'leave' | 'lostSessions' | 'lockTtlMs')
  | ('onSent' | 'onRefused' | 'onFault' | 'onJoined' | 'onLeft');

export interface RoomsOptions extends Pick<ExecutionOptions, OfExecution> {
  room: Omit<
    LiveRoomOptions,
    'execute' | 'onRefused' | 'onOpened' | 'onEmpty' | 'lastSeen' | 'holds' | 'onEnded'
  >;
  onOpened: LiveRoomOptions['onOpened'];
  /** The log has left a room behind, and whoever is in it goes on in a new one. */
  onRenewing(room: LiveRoom): void;
  /** @param isLoss it held something that others know nothing of any more, or cannot tell this node */
  onEnded(roomId: string, error: LogError, isLoss: boolean): void;
  onOpenFailed(roomId: string, error: LogError): void;
  /** This node has nobody in it any more. */
  onReleased(roomId: string): void;
  /** After the effects of a batch were executed; undefined: nobody wants to know. */
  onEffects: Happenings['onEffects'];
}

/** The rooms in memory: opened by the first entry, released when the last member has gone. */
export class Rooms {
  readonly #options: RoomsOptions;
  readonly #rooms = new Map<string, LiveRoom>();
  /** Rooms that are being released: the next opening waits for it. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #opening = new WeakMap<LiveRoom, Promise<void>>();
  readonly #deferred: DeferredEntries;
  readonly #joins = new Joins();
  readonly #pendingAnswers = new PendingAnswers();
  readonly #execution: Execution;
  readonly #ofRooms: LiveRoomOptions;

  constructor(options: RoomsOptions) {
    this.#options = options;
    const { session, room, onEffects } = options;
    this.#deferred = new DeferredEntries({ ...room, submit: (roomId, entry) => this.submit(roomId, entry) });
    this.#execution = new Execution({
      ...options,
      nodeId: room.nodeId,
      clock: room.clock,
      ticker: room.fanout.ticker,
      joins: this.#joins,
      pendingAnswers: this.#pendingAnswers,
      submit: (roomId, entry) => this.submit(roomId, entry),
      viewOf: (roomId) => this.#rooms.get(roomId)?.fanout?.view,
    });
    this.#ofRooms = {
      ...room,
      lastSeen: (connectionId) => session(connectionId)?.lastSeen,
      holds: (roomId, connectionId) => session(connectionId)?.memberships.has(roomId) ?? false,
      execute: (where, effects, isOwn) => {
        this.#execution.execute(where, effects);
        // One node tells of it: the one that has written it.
        if (isOwn && onEffects !== undefined && where.view !== undefined) onEffects(where.view, effects);
      },
      onRefused: ({ roomId }, entries, error) => {
        for (const entry of entries) this.#execution.refuse(roomId, entry, refusalCode(error));
      },
      onOpened: options.onOpened,
      onEmpty: (one) => this.#release(one),
      onEnded: (one, error) => this.#renew(one, error),
    };
  }

  get size(): number {
    return this.#rooms.size;
  }

  get members(): number {
    let count = 0;
    for (const room of this.#rooms.values()) count += room.state?.members.size ?? 0;
    return count;
  }

  /** Entries that are not durable yet. */
  get waiting(): number {
    let count = 0;
    for (const room of this.#rooms.values()) count += room.waiting;
    return count;
  }

  get(roomId: string): LiveRoom | undefined {
    return this.#rooms.get(roomId);
  }

  /** Where a room stands that may not be in memory. Rejects with a LogError. */
  async load(roomId: string): Promise<{ state: RoomState; view: RoomView }> {
    const room = this.#rooms.get(roomId) ?? this.#open(roomId);
    await this.#opening.get(room);
    const { state, view } = room;
    if (state === undefined || view === undefined)
      throw new LogError('LOG_UNAVAILABLE', 'the room is not open');
    return { state, view };
  }

  submit(roomId: string, entry: Entry): void {
    const room = this.#rooms.get(roomId) ?? this.#open(roomId);
    if (!room.submit(entry)) this.#execution.refuse(roomId, entry, 'OVERLOADED');
  }

  /** Submits an entry of somebody who is no connection. Resolves with the answer, once it is durable. */
  ask(roomId: string, entry: CommandEntry): Promise<Answer> {
    const answer = this.#pendingAnswers.wait(entry.by.connection);
    this.submit(roomId, entry);
    return answer;
  }

  /** A join that is about to be submitted, and what shall be done when it has been accepted. */
  expect(session: Session, join: Omit<Join, 'syncs'>): void {
    this.#joins.add(session.id, join);
  }

  sync(session: Session, roomId: string, request: SyncRequest): void {
    const join = this.#joins.latest(session.id, roomId);
    const fanout = this.#rooms.get(roomId)?.fanout;
    if (join !== undefined) join.syncs.push(request);
    else if (fanout?.attachmentOf(session.id) === undefined) refuseSyncs(session, roomId, [request]);
    else {
      fanout.sync(session.id, request);
      this.#options.room.fanout.ticker.request(fanout);
    }
  }

  /** Forgets what is no longer used; to be called about once a second. */
  sweep(): void {
    for (const room of [...this.#rooms.values()]) room.sweep();
  }

  /** A node died: whoever it held leaves the rooms that are open here. */
  nodeGone(node: string): void {
    const at = this.#options.room.clock.now();
    for (const room of this.#rooms.values()) {
      const { members } = room.state ?? {};
      // Where another node was quicker, nobody of it is left.
      if (members !== undefined && hasSessionsOf(members, node)) room.submit({ type: 'nodeGone', at, node });
    }
  }

  /** Waits until everything that was accepted is durable, but not for ever: a log may fail for long. */
  async settled(): Promise<void> {
    const { clock } = this.#options.room;
    await within(clock, SETTLE_MS, Promise.all([...this.#rooms.values()].map((room) => room.settled())));
  }

  /** The same, and nothing waits for the end of a tick any more. */
  async settle(): Promise<void> {
    await this.settled();
    for (const { fanout } of this.#rooms.values()) fanout?.flush();
  }

  /** Releases all rooms. */
  async close(): Promise<void> {
    this.#deferred.close();
    await this.settle();
    await Promise.allSettled([...this.#rooms.values()].map((room) => room.close()));
    await Promise.allSettled(this.#closing.values());
    this.#rooms.clear();
  }

  ids(): Iterable<string> {
    return this.#rooms.keys();
  }

  #open(roomId: string): LiveRoom {
    const room = new LiveRoom(roomId, this.#ofRooms);
    this.#rooms.set(roomId, room);
    for (const entry of this.#deferred.take(roomId)) room.submit(entry);
    const opening = room.open(this.#closing.get(roomId));
    this.#opening.set(room, opening);
    opening.catch((error: LogError) => {
      // It may have been given up, and opened anew, before.
      if (this.#rooms.get(roomId) === room) this.#rooms.delete(roomId);
      this.#options.onOpenFailed(roomId, error);
      for (const entry of room.abandon()) {
        // What is damaged is no less so later.
        if (mustNotBeLost(entry) && error.code !== 'LOG_CORRUPT') this.#deferred.keep(roomId, entry);
        else this.#execution.refuse(roomId, entry, refusalCode(error));
      }
    });
    return room;
  }

  /** Its log goes on without this room: whoever is in it is taken into one that reads the log anew. */
  #renew(room: LiveRoom, error: LogError): void {
    const { roomId, state, fanout } = room;
    const { room: own, session, rejoin, onEnded } = this.#options;
    if (this.#rooms.get(roomId) !== room) return;
    const held = state !== undefined && (!isBlank(state) || hasSessionsOf(state.members, own.nodeId));
    // Nodes forget what holds nothing, which another may just have opened.
    onEnded(roomId, error, held || error.code !== 'LOG_UNAVAILABLE');
    this.#rooms.delete(roomId);
    const members = state === undefined ? [] : sessionsOf(state.members, own.nodeId);
    const connections = new Set([...members, ...(fanout?.connections() ?? [])]);
    this.#options.onRenewing(room);
    const waiting = room.abandon();
    for (const connection of connections) {
      fanout?.detach(connection);
      const held = session(connection);
      const membership = held?.memberships.get(roomId);
      if (held !== undefined && membership?.phase === 'joined') rejoin(held, membership);
    }
    for (const entry of waiting) this.submit(roomId, entry);
  }

  #release(room: LiveRoom): void {
    const { roomId } = room;
    this.#rooms.delete(roomId);
    this.#options.onReleased(roomId);
    const closing = room.close().catch((error: LogError) => this.#options.onOpenFailed(roomId, error));
    this.#closing.set(roomId, closing);
    closing.then(() => {
      if (this.#closing.get(roomId) === closing) this.#closing.delete(roomId);
    });
  }
}

/** Twice of it, for accepted entries and for farewells, stays below the time in which a server has to end. */
const SETTLE_MS = 4000;

function refusalCode({ code }: LogError): LogRefusal {
  if (code === 'LOG_UNCERTAIN') return 'OUTCOME_UNKNOWN';
  return code === 'LOG_CORRUPT' ? 'LOG_CORRUPT' : 'LOG_UNAVAILABLE';
}
