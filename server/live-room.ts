import type { Clock } from './clock.ts';
import type { RoomView } from './dialect/events.ts';
import type { FanoutOptions } from './fanout/fanout-options.ts';
import { RoomFanout } from './fanout/room-fanout.ts';
import { type Log, LogError, type RoomLog } from './log/log.ts';
import { apply } from './room/apply.ts';
import type { Effect } from './room/effect.ts';
import type { Entry, RoomLimits } from './room/entry.ts';
import { encodeSnapshot } from './room/snapshot.ts';
import { isBlank, type RoomState } from './room/state.ts';
import { foldFrom, preparationOf } from './room-opening.ts';

export interface LiveRoomOptions {
  roomId: string;
  log: Log;
  clock: Clock;
  fanout: FanoutOptions;
  nodeId: string;
  roomLimits: RoomLimits;
  maxWaiting: number;
  snapshotEntries: number;
  lastSeen(connectionId: string): number | undefined;
  /** Executes what follows from entries, in order; `offset` is that of its entry. */
  execute(room: LiveRoom, effects: readonly { effect: Effect; offset: number }[]): void;
  /** Entries that will not be tried again: their authors have to be told. */
  onRefused(room: LiveRoom, entries: readonly Entry[], error: LogError): void;
  onAppended(entries: number, durationMs: number): void;
  /** The room has been loaded; nothing has happened in it yet. */
  onOpened(room: LiveRoom): void;
  /** Nobody is in the room or hears it, and nothing is under way. */
  onEmpty(room: LiveRoom): void;
}

/** The fewest bytes of entries that are worth a snapshot. */
const SNAPSHOT_MIN_BYTES = 256 * 1024;
const RETRY_MS = 500;
const BATCH_ENTRIES = 1000;

/**
 * An open room: the one place where its log, its fold and its fan-out meet. One append is in flight at a
 * time; what arrives meanwhile is the next batch (group commit). Nothing of an entry is shown before the log
 * has accepted it.
 */
export class LiveRoom {
  readonly roomId: string;
  readonly #options: LiveRoomOptions;
  #opened: { log: RoomLog; state: RoomState; fanout: RoomFanout } | undefined;
  #queue: Entry[] = [];
  #inFlight: { entries: Entry[]; texts: string[] } | undefined;
  #unsnapshot = { entries: 0, bytes: 0 };
  #snapshotBytes = 0;
  #compacting: Promise<void> | undefined;
  #cancelRetry: (() => void) | undefined;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(options: LiveRoomOptions) {
    this.roomId = options.roomId;
    this.#options = options;
  }

  /** Loads the room. Rejects with a LogError, after which the room is of no use. */
  async open(before: Promise<void> | undefined): Promise<void> {
    await before;
    const { roomId, log, fanout, nodeId, clock, roomLimits } = this.#options;
    const arrived: [number, readonly string[]][] = [];
    let listener = (first: number, texts: readonly string[]): void => {
      arrived.push([first, texts]);
    };
    const roomLog = await log.open(roomId, (first, texts) => listener(first, texts));
    let state: RoomState;
    try {
      state = foldFrom(roomId, roomLog);
    } catch (error) {
      await roomLog.close();
      throw error;
    }
    this.#unsnapshot = { entries: roomLog.tail.length, bytes: 0 };
    this.#opened = { log: roomLog, state, fanout: new RoomFanout(this.#viewOf(roomLog, state), fanout) };
    this.#options.onOpened(this);
    listener = (first, texts) => this.#fold(first, texts);
    for (const [first, texts] of arrived) this.#fold(first, texts);
    const preparation = preparationOf(state, roomLog, { at: clock.now(), node: nodeId, limits: roomLimits });
    this.#queue.unshift(...preparation);
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

  get waiting(): number {
    return this.#queue.length;
  }

  /** False: too much waits for the log already. */
  submit(entry: Entry): boolean {
    if (this.#queue.length >= this.#options.maxWaiting && !mustNotBeLost(entry)) return false;
    this.#queue.push(entry);
    this.#pump();
    return true;
  }

  /** Gives up what waits: the room could not be opened. */
  abandon(): Entry[] {
    this.#closed = true;
    return this.#queue.splice(0);
  }

  /** Resolves when nothing waits for the log. */
  settled(): Promise<void> {
    if (this.#inFlight === undefined && this.#queue.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends the room's life in memory if nobody needs it any more. */
  rest(): void {
    this.#pump();
  }

  /** Ends the room's life in memory. What it keeps stays in the log; a room that keeps nothing is forgotten. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry?.();
    const opened = this.#opened;
    if (opened === undefined) return;
    await this.#compacting;
    try {
      if (opened.state.members.size === 0 && isBlank(opened.state)) await opened.log.drop();
      else if (this.#unsnapshot.entries > this.#options.snapshotEntries / 10) await this.#snapshot();
    } finally {
      // Also one that could not be dropped: it would stay open, and so the room closed, for ever.
      await opened.log.close();
    }
  }

  #pump(): void {
    if (this.#opened === undefined || this.#inFlight !== undefined || this.#cancelRetry !== undefined) return;
    if (this.#queue.length === 0) {
      for (const resolve of this.#idle.splice(0)) resolve();
      const { state, fanout } = this.#opened;
      if (state.members.size === 0 && fanout.isEmpty && !this.#closed) this.#options.onEmpty(this);
      return;
    }
    const entries = this.#queue.splice(0, BATCH_ENTRIES);
    const texts = entries.map((entry) => JSON.stringify(entry));
    this.#inFlight = { entries, texts };
    const { clock } = this.#options;
    const begun = clock.monotonic();
    this.#opened.log.append(texts).then(
      () => {
        this.#options.onAppended(entries.length, clock.monotonic() - begun);
        this.#inFlight = undefined;
        this.#maybeSnapshot();
        this.#pump();
      },
      (error: unknown) => this.#failed(entries, error),
    );
  }

  /** Commands are refused; what has to happen anyway is tried again. */
  #failed(entries: Entry[], error: unknown): void {
    this.#inFlight = undefined;
    const logError =
      error instanceof LogError ? error : new LogError('LOG_UNAVAILABLE', 'append failed', { cause: error });
    this.#options.onRefused(
      this,
      entries.filter((entry) => !mustNotBeLost(entry)),
      logError,
    );
    this.#queue.unshift(...entries.filter(mustNotBeLost));
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => {
      this.#cancelRetry = undefined;
      this.#pump();
    });
    // While the log fails nothing waits for it in vain: later commands are refused with the next attempt.
    if (this.#queue.length === 0) {
      this.#cancelRetry();
      this.#cancelRetry = undefined;
      this.#pump();
    }
  }

  #fold(_first: number, texts: readonly string[]): void {
    const opened = this.#opened;
    if (opened === undefined) return;
    const own = this.#inFlight?.texts === texts ? this.#inFlight.entries : undefined;
    const effects: { effect: Effect; offset: number }[] = [];
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index] as string;
      const entry = own?.[index] ?? (JSON.parse(text) as Entry);
      for (const effect of apply(opened.state, entry)) effects.push({ effect, offset: opened.state.offset });
      this.#unsnapshot.entries += 1;
      this.#unsnapshot.bytes += text.length;
    }
    this.#options.execute(this, effects);
  }

  /** Snapshots cost as much as the state is large, so they wait for as many bytes of entries. */
  #maybeSnapshot(): void {
    const { entries, bytes } = this.#unsnapshot;
    if (this.#compacting !== undefined || entries < this.#options.snapshotEntries) return;
    if (bytes < Math.max(SNAPSHOT_MIN_BYTES, this.#snapshotBytes)) return;
    this.#compacting = this.#snapshot().finally(() => {
      this.#compacting = undefined;
    });
  }

  async #snapshot(): Promise<void> {
    if (this.#opened === undefined) return;
    const { log, state } = this.#opened;
    const { offset } = state;
    this.#unsnapshot = { entries: 0, bytes: 0 };
    // A snapshot that fails is no loss: the entries are there, and the next one is tried later.
    try {
      const text = encodeSnapshot(state);
      this.#snapshotBytes = text.length;
      await log.compact({ offset, state: text }, offset);
    } catch {}
  }

  #viewOf({ epoch }: RoomLog, state: RoomState): RoomView {
    const { roomId, lastSeen } = this.#options;
    return {
      roomId,
      epoch,
      state,
      lastSeen(userId) {
        const member = state.members.get(userId);
        const seen = [...(member?.sessions.keys() ?? [])].map((connection) => lastSeen(connection) ?? 0);
        return Math.max(member?.joinedAt ?? 0, ...seen);
      },
    };
  }
}

/** What ends by itself cannot be refused: nobody would ask for it again. */
function mustNotBeLost({ type }: Entry): boolean {
  return type === 'leave' || type === 'expire' || type === 'nodeGone' || type === 'configure';
}
