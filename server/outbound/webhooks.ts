import pLimit from 'p-limit';
import type { Clock } from '../clock.ts';
import type { DurableMap } from '../log/durable-map.ts';
import { ownName } from '../own-name.ts';
import type { Happening } from './happening.ts';
import type { Post } from './post.ts';
import { messageOf, type Waiting, WaitingRoom } from './waiting-room.ts';

export interface WebhooksOptions {
  readonly post: Post;
  readonly clock: Clock;
  readonly newId: () => string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** What waits to be told, by id, in its order. */
  readonly kept: DurableMap<Happening>;
  /** Operations of a room wait so long for more. */
  readonly batchMs: number;
  /** Beyond it what comes is dropped. */
  readonly queueBytes: number;
  /** What was not accepted for so long is dropped. */
  readonly giveUpMs: number;
  readonly onOutcome: (outcome: 'delivered' | 'failed' | 'dropped') => void;
  readonly onBytes: (bytes: number) => void;
  /** The first one after one that was accepted. */
  readonly onFailed: (error: unknown) => void;
}

/** The log of what waits. */
export const WEBHOOKS = ownName('webhooks');

/** Requests under way at once; other rooms wait. */
const MOST_REQUESTS = 8;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 300_000;
/** When the server closes, what can be told at once is; the rest waits for the next start. */
const FAREWELL_MS = 1000;
/** Rooms of which it is known how much was dropped. */
const MOST_MISSED = 10_000;

/**
 * Tells the application what happens in rooms: in the order of each room, and again until it has accepted it, also
 * after a restart. At least once: what was accepted just before a crash is told again, under the same id.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #rooms = new Map<string, WaitingRoom>();
  readonly #limit = pLimit(MOST_REQUESTS);
  readonly #missed = new Map<string, number>();
  readonly #farewell = new AbortController();
  readonly #under = new Set<Promise<void>>();
  #bytes = 0;
  #closing = false;
  #failing = false;

  constructor(options: WebhooksOptions) {
    this.#options = options;
    for (const [id, happening] of options.kept.entries()) this.#queue(id, happening);
  }

  /** Takes over what another node has left. Resolves when it is kept here. */
  async adopt(id: string, happening: Happening): Promise<void> {
    const { kept } = this.#options;
    // Of an attempt before that was cut off, perhaps before it was stored.
    const known = kept.get(id);
    const stored = kept.set(id, known ?? happening);
    if (known === undefined) this.#queue(id, happening);
    await stored;
  }

  /** Returns at once. */
  add(happening: Happening): void {
    const { kept, newId, queueBytes } = this.#options;
    const { roomId } = happening;
    const missed = this.#missed.get(roomId) ?? 0;
    const told = missed === 0 ? happening : { ...happening, missed };
    if (this.#bytes + bytesOf(told) > queueBytes) {
      this.#options.onOutcome('dropped');
      this.#miss(roomId, 1);
      return;
    }
    this.#missed.delete(roomId);
    const id = newId();
    // What could not be stored is told unless the process ends before.
    kept.set(id, told).catch(() => {});
    this.#queue(id, told);
  }

  async close(): Promise<void> {
    this.#closing = true;
    for (const room of this.#rooms.values()) {
      room.wake();
      this.#deliver(room);
    }
    const cancel = this.#options.clock.after(FAREWELL_MS, () => this.#farewell.abort(new Error('closing')));
    while (this.#under.size > 0) await Promise.all(this.#under);
    cancel();
    await this.#options.kept.conclude();
  }

  #queue(id: string, happening: Happening): void {
    const { roomId } = happening;
    const room = this.#rooms.get(roomId) ?? new WaitingRoom(roomId);
    this.#rooms.set(roomId, room);
    const bytes = bytesOf(happening);
    const { clock, batchMs } = this.#options;
    // Whatever the clock says by then: it may have been set back, or be another node's.
    const waitMs = Math.min(batchMs, happening.at + batchMs - clock.now());
    room.items.push({ id, happening, bytes, dueAt: clock.monotonic() + waitMs });
    this.#count(bytes);
    this.#deliver(room);
  }

  /** Begins with what is first in a room, unless that is under way, or operations may still join it. */
  #deliver(room: WaitingRoom): void {
    if (room.busy || room.items.length === 0) return;
    const { clock } = this.#options;
    const batch = room.batch();
    const [first] = batch as [Waiting];
    const waitMs = first.dueAt - clock.monotonic();
    if (room.mayGrow(batch) && waitMs > 0 && !this.#closing) {
      room.wait(clock, waitMs, () => this.#deliver(room));
      return;
    }
    room.wake();
    room.busy = true;
    const under = this.#told(room, batch).then((isDone) => {
      room.busy = false;
      this.#under.delete(under);
      if (isDone) this.#deliver(room);
    });
    this.#under.add(under);
  }

  /** Resolves with whether the room goes on with what is next. */
  async #told(room: WaitingRoom, batch: readonly Waiting[]): Promise<boolean> {
    const { id, body } = messageOf(batch);
    const { clock, giveUpMs, onOutcome, random } = this.#options;
    for (;;) {
      const isAccepted = await this.#limit(() => this.#attempt(id, body));
      onOutcome(isAccepted ? 'delivered' : 'failed');
      room.failures = isAccepted ? 0 : room.failures + 1;
      // What has not waited for so long goes on waiting.
      const early = batch.findIndex(({ happening }) => clock.now() - happening.at < giveUpMs);
      const done = isAccepted || early < 0 ? batch : batch.slice(0, early);
      if (done.length > 0) {
        this.#remove(room, done);
        if (!isAccepted) this.#gaveUp(room, done);
        if (room.items.length === 0) this.#rooms.delete(room.roomId);
      }
      // What comes behind has not been refused yet.
      if (done.length === batch.length) return true;
      if (this.#closing) return false;
      const delayMs = Math.min(FIRST_RETRY_MS * 2 ** (room.failures - 1), LONGEST_RETRY_MS);
      await room.wait(clock, delayMs * (0.5 + random() / 2));
      if (this.#closing) return false;
      // What is left of it is another message.
      if (done.length > 0) return true;
    }
  }

  #remove(room: WaitingRoom, first: readonly Waiting[]): void {
    for (const one of first) {
      this.#count(-one.bytes);
      this.#options.kept.delete(one.id).catch(() => {});
    }
    room.items.splice(0, first.length);
  }

  async #attempt(id: string, body: string): Promise<boolean> {
    try {
      const { status } = await this.#options.post(id, body, this.#farewell.signal);
      if (status < 200 || status > 299) throw new Error(`a webhook was answered with the status ${status}`);
      this.#failing = false;
      return true;
    } catch (error) {
      if (!this.#failing) this.#options.onFailed(error);
      this.#failing = true;
      return false;
    }
  }

  /** What is told next of the room says so, also where that waits already. */
  #gaveUp(room: WaitingRoom, batch: readonly Waiting[]): void {
    for (const _ of batch) this.#options.onOutcome('dropped');
    const missed = batch.length + missedBefore(batch[0]);
    const [next] = room.items;
    if (next === undefined) return this.#miss(room.roomId, missed);
    const happening = { ...next.happening, missed: missed + missedBefore(next) };
    const bytes = bytesOf(happening);
    room.items[0] = { ...next, happening, bytes };
    this.#count(bytes - next.bytes);
    this.#options.kept.set(next.id, happening).catch(() => {});
  }

  #miss(roomId: string, count: number): void {
    const before = this.#missed.get(roomId);
    if (before !== undefined || this.#missed.size < MOST_MISSED)
      this.#missed.set(roomId, (before ?? 0) + count);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#options.onBytes(this.#bytes);
  }
}

function missedBefore(one: Waiting | undefined): number {
  return one?.happening.missed ?? 0;
}

function bytesOf(happening: Happening): number {
  return Buffer.byteLength(JSON.stringify(happening));
}
