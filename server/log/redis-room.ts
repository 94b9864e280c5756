import { encodeChecked } from './checked-text.ts';
import { checkCompaction } from './compaction.ts';
import { LogError, type LogListener, type OpeningEvents, type RoomLog } from './log.ts';
import { encodeBody, readPublished, writeTold } from './redis-batch.ts';
import { createFollower, lostSight } from './redis-follower.ts';
import type { RedisLink, Reply, Unsubscribe } from './redis-link.ts';
import { batchesOf, entriesFrom, readOpening, type Start } from './redis-reading.ts';
import {
  appendScript,
  compactScript,
  dropScript,
  openScript,
  type RoomKeys,
  readScript,
} from './redis-scripts.ts';

export interface RedisOpening {
  readonly roomId: string;
  readonly keys: RoomKeys;
  readonly link: RedisLink;
  /** Names this process among those that share the store. */
  readonly writer: string;
  /** Never the same twice among all processes. */
  newAppendId(): string;
  readonly listener: LogListener;
  readonly events: OpeningEvents;
  /** Runs `action` some time later. */
  later(action: () => void): void;
  /** An epoch at whose end there was more than there is now. */
  readonly lostEpoch: string | undefined;
  /** The log has lost what the listener was given: its next opening begins another life. */
  rewritten(epoch: string): void;
  /** Called once, when this opening has ended. */
  ended(): void;
}

export interface RedisRoom extends RoomLog {
  /** Reads what was appended and not heard of. */
  look(): void;
}

/** Kept for nodes that missed a message, beyond what the room itself still needs. */
const MARGIN_ENTRIES = 1000;

/**
 * Opens one room: hears of batches first, then reads where the log stands, so that none is missed in between.
 *
 * @throws LogError `LOG_CORRUPT` when what is stored is not what was written
 */
export async function openRedisRoom(opening: RedisOpening, newEpoch: string): Promise<RedisRoom> {
  const { roomId, keys, link } = opening;
  const early: Buffer[] = [];
  let heard = (message: Buffer): void => void early.push(message);
  const unsubscribe = await link.subscribe(keys.channel, (message) => heard(message));
  try {
    const reply = await link.run(openScript, [keys.record, keys.entries, keys.snapshot], () => [
      ...[newEpoch, opening.lostEpoch ?? '', keys.channel],
    ]);
    const { room, receive } = createRoom(opening, readOpening(roomId, reply), unsubscribe);
    heard = receive;
    for (const message of early) receive(message);
    return room;
  } catch (error) {
    await unsubscribe();
    throw error;
  }
}

function createRoom(
  opening: RedisOpening,
  { epoch, snapshot, tail, ...start }: Start,
  unsubscribe: Unsubscribe,
): { room: RedisRoom; receive(message: Buffer): void } {
  const { roomId, keys, link, listener, events, later } = opening;
  let ended = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** Appends to which no answer came, by their entries. */
  const unsure = new WeakMap<readonly string[], { readonly id: string; isDelivered: boolean }>();
  const follower = createFollower({
    ...{ roomId, epoch, start, keys, link, listener, later },
    onEnded(error, isRewritten) {
      if (isRewritten) opening.rewritten(epoch);
      void finish();
      void turn.then(() => events.onEnded?.(error));
    },
  });
  const { take, look, lost } = follower;

  const inTurn = <Result>(action: () => Promise<Result>): Promise<Result> => {
    // Whoever comes too late knows it before `onEnded` is called, which waits for what is under way.
    if (ended) return Promise.reject(tooLate());
    const result = turn.then(() => {
      check();
      return action();
    });
    turn = result.catch(() => {});
    return result;
  };

  function check(): void {
    if (ended) throw tooLate();
  }

  async function finish(): Promise<void> {
    if (ended) return;
    ended = true;
    follower.stop();
    opening.ended();
    await unsubscribe();
  }

  function receive(message: Buffer): void {
    if (ended) return;
    const published = readPublished(message);
    if (published.kind === 'told') {
      if (published.by !== opening.writer) events.onTold?.(published.text);
    } else if (published.kind === 'look') look();
    else if (!take(published.batch)) {
      events.onMissed?.();
      look();
    }
  }

  function append(entries: readonly string[], body: Buffer): Promise<void> {
    const sent = unsure.get(entries) ?? { id: opening.newAppendId(), isDelivered: false };
    if (sent.isDelivered) return Promise.resolve();
    const { id } = sent;
    const count = entries.length;
    let attempts = unsure.has(entries) ? 1 : 0;
    return new Promise((resolve, reject) => {
      const delivered = () => {
        sent.isDelivered = true;
        resolve();
      };
      follower.expect(id, { entries, delivered });
      const args = () => {
        // Heard of meanwhile: the script would not find it among what this opening does not know.
        if (!follower.expects(id)) return undefined;
        attempts += 1;
        const { next, last } = follower.position();
        return [epoch, id, String(next), last, String(count), body, keys.channel];
      };
      const answered = (reply: Reply) => {
        if (reply.length === 0) return;
        const word = String(reply[0]);
        if (word === 'ended' || word === 'trimmed') {
          follower.forget(id);
          const error =
            word === 'ended'
              ? lost('another node has dropped it, or Redis has lost some of it', true)
              : lost('what is missing is no longer kept');
          // Among what is not there any more may be what an attempt before this one has stored.
          throw attempts > 1 ? lostSight() : error;
        }
        const missed = batchesOf(roomId, reply[1] as Reply).every(take);
        const batch = { id, previous: follower.position().last, first: Number(reply[2]), count, body };
        if (!missed || (word === 'appended' && !take(batch))) look();
        follower.stored(id, reject);
      };
      const failed = (error: LogError) => {
        if (error.code === 'LOG_UNCERTAIN') unsure.set(entries, sent);
        else if (!unsure.has(entries)) follower.forget(id);
        reject(error);
      };
      link.run(appendScript, [keys.record, keys.entries], args).then(answered).catch(failed);
    });
  }

  const room: RedisRoom = {
    epoch,
    snapshot,
    tail,
    look,
    append(entries) {
      const body = encodeBody(entries);
      return inTurn(async () => {
        if (entries.length > 0) await append(entries, body);
      });
    },
    async read(from, limit) {
      check();
      const count = String(Math.max(0, limit));
      const reply = await link.run(readScript, [keys.record, keys.entries], () => [
        ...[epoch, String(from), count],
      ]);
      if (String(reply[0]) === 'ended') throw lost('another node has dropped it');
      if (from < Number(reply[1])) return undefined;
      const end = Math.min(Number(reply[2]), from + limit);
      return entriesFrom(roomId, batchesOf(roomId, reply[4] as Reply), from, end);
    },
    compact({ offset, state }, dropThrough) {
      // Of a log that was lost and written over since, this is no state.
      const { next, last } = follower.position();
      return inTurn(async () => {
        checkCompaction({ offset, state }, dropThrough, undefined, next - 1);
        const bytes = encodeChecked(state);
        const first = dropThrough + 1;
        const oldest = Math.max(1, first - MARGIN_ENTRIES);
        const reply = await link.run(compactScript, [keys.record, keys.entries, keys.snapshot], () => [
          ...[epoch, String(offset), bytes, String(first), String(oldest), String(next), last],
        ]);
        const word = String(reply[0]);
        if (word === 'ended') throw lost('another node has dropped it');
        if (word === 'lost') throw lost('Redis has lost some of it', true);
        if (word === 'refused')
          throw new RangeError(`a snapshot at offset ${offset}, where there is one at ${String(reply[2])}`);
      });
    },
    drop() {
      // What is heard of after the decision to drop it was no part of that.
      const { next, last } = follower.position();
      return inTurn(async () => {
        const all = [keys.record, keys.entries, keys.snapshot];
        await link.run(dropScript, all, () => [epoch, String(next), last, keys.channel]);
        await finish();
      });
    },
    async close() {
      await turn;
      await finish();
    },
    tell(text) {
      if (!ended) link.publish(keys.channel, writeTold(opening.writer, text));
    },
  };
  return { room, receive };
}

const tooLate = (): LogError =>
  new LogError('LOG_UNAVAILABLE', 'this opening of the log has ended', { hasEnded: true });
