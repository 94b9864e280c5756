import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import { type DurableMap, openDurableMap } from './log/durable-map.ts';
import { type Log, LogError } from './log/log.ts';
import { takeOver } from './log/take-over.ts';
import type { Logger } from './logger.ts';
import { openFailed } from './open-failed.ts';
import { ownName } from './own-name.ts';

export interface OccupiedOptions {
  readonly log: Log;
  readonly clock: Pick<Clock, 'after'>;
  readonly logger: Logger;
  readonly nodeId: string;
  /** Opens a room, which takes out of it whoever is gone. Rejects with a LogError. */
  open(roomId: string): Promise<unknown>;
}

/** The log of a node's rooms. */
const OCCUPIED = ownName('occupied');
const AGAIN_MS = 1000;

/**
 * The rooms in which this node holds members. A room is put in order when it is opened: after a crash nobody would
 * hear that it is empty where nobody comes to it any more.
 */
export class Occupied {
  readonly #options: OccupiedOptions;
  /** As they are noted, also by an earlier life of this process. */
  readonly #rooms: DurableMap<true>;
  readonly #held = new Set<string>();
  /** Nodes whose rooms are in order, and those of which that is being done. */
  readonly #adopted = new Set<string>();
  readonly #adopting = new Set<string>();
  #stopped = false;

  constructor(options: OccupiedOptions, rooms: DurableMap<true>) {
    this.#options = options;
    this.#rooms = rooms;
  }

  /** Nobody waits for it: of a crash in this very moment nobody is told. */
  entered(roomId: string): void {
    this.#held.add(roomId);
    if (this.#rooms.get(roomId) === undefined) this.#note(roomId);
  }

  released(roomId: string): void {
    this.#held.delete(roomId);
    this.#rooms.delete(roomId).catch(() => {});
  }

  /**
   * Others may have changed what is noted: one that took this node for dead has looked after its rooms.
   *
   * @param changed a room; undefined: any of them
   */
  noteAgain(changed?: string): void {
    for (const roomId of changed === undefined ? this.#held : [changed])
      if (this.#held.has(roomId) && this.#rooms.get(roomId) === undefined) this.#note(roomId);
  }

  /** Opens what an earlier life of this process was in. Never rejects. */
  async resume(): Promise<void> {
    for (const [roomId] of [...this.#rooms.entries()]) {
      // A room on disk is read in one turn: nobody else would be answered before the last one.
      await setImmediate();
      if (this.#stopped) return;
      // It has been reported, and is tried again with the next start.
      await this.#options.open(roomId).catch(() => {});
    }
  }

  /** A node died, perhaps once more: it may have come back, and been in rooms again. */
  nodeGone(node: string): void {
    this.#adopted.delete(node);
    this.#adopting.delete(node);
  }

  /** A node died: opens what it was in. Never rejects; false: stopped before the end, or it has died once more. */
  async adopt(node: string): Promise<boolean> {
    if (this.#adopted.has(node)) return true;
    const { log, clock, logger } = this.#options;
    this.#adopting.add(node);
    const isDone = await takeOver<true>({
      log,
      clock,
      name: logOf(log, node),
      take: (roomId) => this.#options.open(roomId).catch(passOver),
      isClosed: () => this.#stopped,
      onFailed: (error) => logger.error({ err: error, node }, 'the rooms of a node cannot be looked after'),
    });
    const isAll = this.#adopting.delete(node) && isDone;
    if (isAll) this.#adopted.add(node);
    return isAll;
  }

  /** Opens no more rooms: they would stay open where the others are closed. */
  stop(): void {
    this.#stopped = true;
  }

  /** Waits for what is under way. */
  close(): Promise<void> {
    this.stop();
    this.#held.clear();
    return this.#rooms.close();
  }

  #note(roomId: string): void {
    const again = () => {
      if (this.#held.has(roomId)) this.#note(roomId);
    };
    this.#rooms.set(roomId, true).catch(() => void this.#options.clock.after(AGAIN_MS, again));
  }
}

/** What is damaged has been reported, and is in nobody's way. */
function passOver(error: unknown): void {
  if (!(error instanceof LogError && error.code === 'LOG_CORRUPT')) throw error;
}

/** Rejects with a LogError. */
export async function openOccupied(options: OccupiedOptions): Promise<Occupied> {
  const name = logOf(options.log, options.nodeId);
  const rooms = await openDurableMap<true>(options.log, name, {
    onChanged: (roomId) => occupied.noteAgain(roomId),
    onOpenFailed: openFailed(options.logger),
  });
  const occupied = new Occupied(options, rooms);
  return occupied;
}

/** Nodes that share a store have each their own. */
function logOf({ isShared }: Log, node: string): string {
  return isShared ? `${OCCUPIED} ${node}` : OCCUPIED;
}
