import type { RoomView, SignalEvent } from '../dialect/events.ts';
import { RoomFanout } from '../fanout/room-fanout.ts';
import { LogError, type RoomLog } from '../log/log.ts';
import { apply } from '../room/apply.ts';
import type { Effect } from '../room/effect.ts';
import { type Entry, mustNotBeLost } from '../room/entry.ts';
import { hasSessionsOf } from '../room/members.ts';
import { isBlank, type RoomState } from '../room/state.ts';
import { Backlog } from './backlog.ts';
import { Gossip } from './gossip.ts';
import type { LiveRoomOptions } from './live-room-options.ts';
import { foldFrom, holdersIn, preparationOf, viewOf } from './room-opening.ts';
import { Snapshots } from './snapshots.ts';

const RETRY_MS = 500;

interface Opened {
  readonly log: RoomLog;
  readonly state: RoomState;
  readonly fanout: RoomFanout;
  readonly snapshots: Snapshots;
  readonly gossip: Gossip;
}

/**
 * An open room: the one place where its log, its fold and its fan-out meet. One append is in flight at a
 * time; what arrives meanwhile is the next batch (group commit). Nothing of an entry is shown before the log
 * has accepted it.
 */
export class LiveRoom {
  readonly roomId: string;
  readonly #options: LiveRoomOptions;
  #opened: Opened | undefined;
  /** Whether what has to be known before anything else is in the queue. */
  #prepared = false;
  readonly #backlog = new Backlog();
  /** The entries of what this room has appended, by their texts. */
  readonly #own = new WeakMap<readonly string[], readonly Entry[]>();
  /** Nothing is appended until then. */
  #cancelPause: (() => void) | undefined;
  #closed = false;

  constructor(roomId: string, options: LiveRoomOptions) {
    this.roomId = roomId;
    this.#options = options;
  }

  /** Loads the room. Rejects with a LogError, after which the room is of no use. */
  async open(before: Promise<void> | undefined): Promise<void> {
    await before;
    const { roomId } = this;
    const { log, fanout, nodeId, nodes, clock, roomLimits, lastSeen } = this.#options;
    const arrived: [number, readonly string[]][] = [];
    let listener = (first: number, texts: readonly string[]): void => {
      arrived.push([first, texts]);
    };
    const roomLog = await log.open(roomId, (first, texts) => listener(first, texts), {
      onEnded: (error) => this.#options.onEnded(this, error),
      onMissed: () => this.#options.onMissed(),
      onTold: (text) => this.#opened?.gossip.hear(text),
    });
    let state: RoomState;
    try {
      state = foldFrom(roomId, roomLog);
    } catch (error) {
      await roomLog.close();
      throw error;
    }
    const snapshots = new Snapshots(roomLog, state, this.#options);
    const onSignals = (signals: readonly SignalEvent[]) => shown.hear(signals);
    const gossip = new Gossip({ tell: roomLog.tell, nodeId, state, lastSeen, onSignals });
    const view = viewOf(roomId, roomLog.epoch, state, (connection) => gossip.lastSeen(connection));
    const shown = new RoomFanout(view, { ...fanout, onSignals: (signals) => gossip.signals(signals) });
    this.#opened = { log: roomLog, state, snapshots, gossip, fanout: shown };
    this.#options.onOpened(this);
    listener = (_first, texts) => this.#fold(texts);
    for (const [, texts] of arrived) this.#fold(texts);
    // A node that is found to be gone from here on is told of as to any room.
    const gone = await nodes.gone(holdersIn(state)).catch(async (error: unknown) => {
      await roomLog.close();
      throw error;
    });
    const holds = (connectionId: string) => this.#options.holds(roomId, connectionId);
    const here = { at: clock.now(), node: nodeId, limits: roomLimits, gone, holds };
    this.#backlog.prepare(preparationOf(state, roomLog, here));
    this.#prepared = true;
    this.#pump();
  }

  get view(): RoomView | undefined {
    return this.#opened?.fanout.view;
  }

  get fanout(): RoomFanout | undefined {
    return this.#opened?.fanout;
  }

  get state(): RoomState | undefined {
    return this.#opened?.state;
  }

  /** Entries that are not durable yet. */
  get waiting(): number {
    return this.#backlog.waiting;
  }

  /** False: too much waits for the log already. */
  submit(entry: Entry): boolean {
    if (this.#backlog.queued >= this.#options.maxWaiting && !mustNotBeLost(entry)) return false;
    this.#backlog.push(entry);
    this.#pump();
    return true;
  }

  /** Gives up what waits, while nothing is under way: the room could not be opened, or its log has left it behind. */
  abandon(): Entry[] {
    this.#closed = true;
    this.#opened = undefined;
    this.#cancelPause?.();
    return this.#backlog.clear();
  }

  /** To be called about once a second. */
  sweep(): void {
    this.#opened?.fanout.sweep();
    this.#opened?.gossip.sweep();
    this.#releaseIfEmpty();
  }

  /** Resolves when what was submitted before is durable, or was refused. */
  settled(): Promise<void> {
    return this.#backlog.settled();
  }

  /** Once the room is open: resolves when it is durable that those are gone who were in it before. Rejects with a
   * LogError where that cannot be written now; it is tried again. */
  prepared(): Promise<void> {
    return this.#backlog.prepared();
  }

  /** Ends the room's life in memory if nobody needs it any more. */
  rest(): void {
    this.#pump();
  }

  /** Ends the room's life in memory. What it keeps stays in the log; a room that keeps nothing is forgotten. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelPause?.();
    const opened = this.#opened;
    if (opened === undefined) return;
    await opened.snapshots.settled();
    try {
      if (opened.state.members.size === 0 && isBlank(opened.state)) await opened.log.drop();
      else await opened.snapshots.conclude();
    } finally {
      // Also one that could not be dropped: it would stay open, and so the room closed, for ever.
      await opened.log.close();
      // What waits behind an append that is under way is refused with that.
      if (!this.#backlog.isUnderWay)
        this.#refuse(this.#backlog.clear(), new LogError('LOG_UNAVAILABLE', 'closed'));
    }
  }

  /** Releases the room where it has nothing to do for this node, though others may be in it. */
  #releaseIfEmpty(): void {
    const { nodeId, onEmpty } = this.#options;
    if (this.#opened === undefined || !this.#prepared || this.#closed) return;
    if (this.waiting > 0 || this.#cancelPause !== undefined) return;
    const { state, fanout } = this.#opened;
    if (fanout.isEmpty && !hasSessionsOf(state.members, nodeId)) onEmpty(this);
  }

  #pump(): void {
    if (this.#opened === undefined || !this.#prepared) return;
    if (this.#backlog.isUnderWay || this.#cancelPause !== undefined) return;
    if (this.waiting === 0) {
      if (this.#opened.state.members.size === 0) this.#releaseIfEmpty();
      return;
    }
    this.#cancelPause = this.#options.beat(() => {
      this.#cancelPause = undefined;
      this.#append((this.#opened as Opened).log);
    });
  }

  #append(log: RoomLog): void {
    const { clock } = this.#options;
    const begun = clock.monotonic();
    const { entries, texts } = this.#backlog.take();
    this.#own.set(texts, entries);
    log.append(texts).then(
      () => {
        this.#own.delete(texts);
        this.#options.onAppended(entries.length, clock.monotonic() - begun);
        this.#backlog.appended();
        this.#opened?.snapshots.consider();
        this.#pump();
      },
      (error: unknown) => this.#failed(error),
    );
  }

  /** Commands are refused; what has to happen anyway is tried again. */
  #failed(error: unknown): void {
    const logError =
      error instanceof LogError ? error : new LogError('LOG_UNAVAILABLE', 'append failed', { cause: error });
    // It goes into the log that follows, before what waits.
    if (this.#closed || logError.hasEnded) this.#backlog.putBack();
    if (this.#closed) return this.#refuse(this.#backlog.clear(), logError);
    if (logError.hasEnded) return;
    const refused = this.#backlog.failed(logError);
    // While the log fails nothing waits for it in vain: later commands are refused with the next attempt.
    if (this.waiting > 0)
      this.#cancelPause = this.#options.clock.after(RETRY_MS, () => {
        this.#cancelPause = undefined;
        this.#pump();
      });
    this.#refuse(refused.entries, refused.error);
    this.#pump();
  }

  #refuse(entries: readonly Entry[], error: LogError): void {
    const commands = entries.filter((entry) => !mustNotBeLost(entry));
    this.#options.onRefused(this, commands, error);
  }

  #fold(texts: readonly string[]): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    const own = this.#own.get(texts);
    this.#backlog.stored(texts);
    if (own === undefined) this.#options.onHeard(texts.length);
    const effects: { effect: Effect; offset: number }[] = [];
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] as string;
      const entry = own?.[index] ?? (JSON.parse(text) as Entry);
      for (const effect of apply(opened.state, entry)) effects.push({ effect, offset: opened.state.offset });
      opened.snapshots.count(text);
    }
    this.#options.execute(this, effects, own !== undefined);
  }
}
