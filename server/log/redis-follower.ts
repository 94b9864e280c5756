import { LogError, type LogListener } from './log.ts';
import { type Batch, decodeBody } from './redis-batch.ts';
import type { RedisLink, Reply } from './redis-link.ts';
import { batchesOf, corrupt } from './redis-reading.ts';
import { type RoomKeys, readScript } from './redis-scripts.ts';

/** The offset that comes next, and the batch before it. */
export interface Position {
  readonly next: number;
  readonly last: string;
}

/** Hands the batches of a room to its listener, each once and in order, and reads those that were not told. */
export interface Follower {
  /** All before it was handed on. */
  position(): Position;
  /** Hands a batch on if it is the next one; false where it does not fit what was handed on, see `look`. */
  take(batch: Batch): boolean;
  /** Reads what was appended and not heard of. */
  look(): void;
  /** A batch of this id is known by its array. */
  expect(id: string, own: Own): void;
  /** It is stored; `cutOff` is called if it will not be handed on. */
  stored(id: string, cutOff: (error: LogError) => void): void;
  expects(id: string): boolean;
  forget(id: string): void;
  /**
   * Others have brought the log to where this opening cannot follow: ends it.
   *
   * @param isRewritten it may have lost what was handed on, so that nobody may go on from there
   */
  lost(what: string, isRewritten?: boolean): LogError;
  stop(): void;
}

export interface FollowerOptions {
  readonly roomId: string;
  readonly epoch: string;
  readonly start: Position;
  readonly keys: RoomKeys;
  readonly link: RedisLink;
  readonly listener: LogListener;
  /** Runs `action` some time later. */
  later(action: () => void): void;
  /** @param isRewritten as of `lost` */
  onEnded(error: LogError, isRewritten: boolean): void;
}

export interface Own {
  readonly entries: readonly string[];
  /** It was handed on. */
  delivered(): void;
  /** It is stored, and the opening has ended before it was handed on. */
  cutOff?: (error: LogError) => void;
}

const READ_BATCHES = 500;
/** A batch may be told after it was read: those that were handed on last are known by their ids. */
const MOST_RECENT = 32;
/** Appends whose outcome is not known, whose batches are recognised when they come after all. */
const MOST_EXPECTED = 100;
export const lostSight = (): LogError =>
  new LogError('LOG_UNCERTAIN', 'the log was lost sight of amid an append');
const REWRITTEN = 'what was read of it is not there any more';

export function createFollower(options: FollowerOptions): Follower {
  const { roomId, epoch, keys, link, listener } = options;
  const own = new Map<string, Own>();
  const recent = new Set<string>();
  let { next, last } = options.start;
  let stopped = false;
  let isLooking = false;
  let looksAgain = false;

  function end(error: LogError, isRewritten = false): LogError {
    if (stopped) return error;
    stopped = true;
    for (const { cutOff } of own.values()) cutOff?.(lostSight());
    options.onEnded(error, isRewritten);
    return error;
  }

  function lost(what: string, isRewritten = what === REWRITTEN): LogError {
    const room = JSON.stringify(roomId);
    const message = `the log of room ${room} has to be opened anew: ${what}`;
    return end(new LogError('LOG_UNAVAILABLE', message, { hasEnded: true }), isRewritten);
  }

  function take(batch: Batch): boolean {
    if (stopped) return true;
    // One from before that was not seen then: the log may have lost what was.
    if (batch.first < next) return recent.has(batch.id);
    // Another one before it: of another life, or of a log that was rewritten.
    if (batch.first > next || batch.previous !== last) return false;
    const mine = own.get(batch.id);
    const entries = mine?.entries ?? decodeBody(batch);
    if (entries === undefined) end(corrupt(roomId, `has a damaged batch at offset ${batch.first}`));
    else {
      own.delete(batch.id);
      next += batch.count;
      last = batch.id;
      recent.add(batch.id);
      for (const oldest of recent) if (recent.size > MOST_RECENT) recent.delete(oldest);
      listener(batch.first, entries);
      mine?.delivered();
    }
    return true;
  }

  function look(): void {
    looksAgain = true;
    if (!isLooking) void catchUp();
  }

  async function catchUp(): Promise<void> {
    isLooking = true;
    while (looksAgain && !stopped) {
      looksAgain = false;
      try {
        await readOn();
      } catch (error) {
        if (error instanceof LogError && error.code === 'LOG_CORRUPT') end(error);
        else options.later(look);
        break;
      }
    }
    isLooking = false;
  }

  async function readOn(): Promise<void> {
    let from = next;
    let before = last;
    const reply = await link.run(readScript, [keys.record, keys.entries], () => {
      [from, before] = [next, last];
      return [epoch, String(from), String(READ_BATCHES)];
    });
    if (String(reply[0]) === 'ended') return void lost('another node has dropped it');
    const end = Number(reply[2]);
    if (end < from || (end === from && String(reply[3]) !== before)) return void lost(REWRITTEN);
    const batches = batchesOf(roomId, reply[4] as Reply);
    const begins = batches[0]?.first ?? end;
    // What stands there now was written over what was read.
    if (begins < from) return void lost(REWRITTEN);
    if (end > from && begins > from) return void lost('what is missing is no longer kept');
    for (const batch of batches) {
      if (batch.first === next && batch.previous !== last) return void lost(REWRITTEN);
      take(batch);
    }
    if (next < end) looksAgain = true;
  }

  return {
    position: () => ({ next, last }),
    take,
    look,
    expect(id, one) {
      for (const oldest of own.keys()) if (own.size >= MOST_EXPECTED) own.delete(oldest);
      own.set(id, one);
    },
    stored(id, cutOff) {
      const mine = own.get(id);
      if (mine !== undefined && stopped) cutOff(lostSight());
      else if (mine !== undefined) mine.cutOff = cutOff;
    },
    expects: (id) => own.has(id),
    forget: (id) => void own.delete(id),
    lost,
    stop() {
      stopped = true;
    },
  };
}
