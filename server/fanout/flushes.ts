import type { Mark } from '../dialect/mark.ts';
import type { Place } from '../room/place.ts';
import type { Begun } from './attachment.ts';

/** Of all flushes of this process, in their order. */
let latest = 0;

export function latestFlush(): number {
  return latest;
}

const MOST_FLUSHES = 1000;

/** As many as may be on their way to a client when its connection breaks. */
const MOST_STORED = 4;

export interface Flushed extends Place {
  /** The flush that led to this place. */
  readonly flush: number;
}

/**
 * Where a room stood after each of its flushes, as far back as what came since is kept. Frames reach a connection in
 * the order in which they left: who heard of a flush of one room has what was flushed before in the others.
 */
export class Flushes {
  readonly #flushed: Flushed[];
  /** Of the one that is under way, or was last. */
  number = latest;

  constructor(flushed: readonly Flushed[]) {
    this.#flushed = [...flushed];
  }

  static from({ version, offset }: Place): Flushes {
    return new Flushes([{ flush: latest, version, offset }]);
  }

  /** The latest of them, to be kept. */
  stored(): Flushed[] {
    return this.#flushed.slice(-MOST_STORED);
  }

  begin(): void {
    latest += 1;
    this.number = latest;
  }

  /** @param since the offset through which events are no longer kept */
  end({ version, offset }: Place, since: number): void {
    const last = this.#flushed.at(-1);
    if (last?.offset === offset && last.version === version) return;
    this.#flushed.push({ flush: this.number, version, offset });
    const useful = this.#flushed.findIndex((one) => one.offset >= since);
    // The one before tells what came with it.
    if (useful > 1) this.#flushed.splice(0, useful - 1);
    // People come and go also where nothing else happens that is kept.
    if (this.#flushed.length > MOST_FLUSHES) this.#flushed.splice(0, MOST_FLUSHES / 4);
  }

  /** The flush that an entry left with; undefined: it is not known. */
  leadingTo(offset: number): number | undefined {
    const index = this.#flushed.findIndex((one) => one.offset >= offset);
    return index > 0 ? this.#flushed[index]?.flush : undefined;
  }

  /** Where the room stood when this one, of whatever room, was over; undefined: it is not known. */
  placeAfter(flush: number): Place | undefined {
    return this.#flushed.findLast((one) => one.flush <= flush);
  }
}

/** How a room has served a connection, without a break. */
export interface Served extends Begun {
  readonly epoch: string;
  readonly flushes: Flushes;
}

/** The same as it can be kept, for another process or another life of this one. */
export interface ServedBefore extends Begun {
  readonly epoch: string;
  readonly flushed: readonly Flushed[];
}

export function stored({ flushes, ...served }: Served): ServedBefore {
  return { ...served, flushed: flushes.stored() };
}

export function restored({ flushed, ...served }: ServedBefore): Served {
  return { ...served, flushes: new Flushes(flushed) };
}

/** Where a room stood when a client joined it, and the latest flush of its process then. */
export interface JoinedAt extends Place {
  readonly epoch: string;
  readonly flush?: number | undefined;
}

/**
 * What a client has of a room, by the last mark that it heard, in another one.
 *
 * @param served by room; the mark came from there
 * @returns undefined where it is not known for sure
 */
export function placeBeside(
  mark: Mark,
  roomId: string,
  joined: JoinedAt,
  served: ReadonlyMap<string, Served>,
): (Place & { epoch: string }) | undefined {
  const [heard, other] = [served.get(mark.roomId), served.get(roomId)];
  const flush = heard?.epoch === mark.epoch ? flushOf(mark, heard) : undefined;
  if (flush === undefined) return undefined;
  // It joined behind that, and all that it was told there has a mark.
  if (joined.flush !== undefined && flush <= joined.flush) return joined;
  const place = other === undefined || flush < other.since ? undefined : other.flushes.placeAfter(flush);
  return other && place && { epoch: other.epoch, version: place.version, offset: place.offset };
}

function flushOf({ offset }: Mark, { from, since, isFirst, flushes }: Served): number | undefined {
  if (offset > from.offset) return flushes.leadingTo(offset);
  // With what it was served first; of what was served again it is not known when it was heard.
  return isFirst ? since : undefined;
}
