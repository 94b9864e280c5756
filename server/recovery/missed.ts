import { apartFromOperations, type Claimed, isUpToDate, missedSince, placeFrom } from '../fanout/position.ts';
import type { Rooms } from '../live/rooms.ts';
import type { Log } from '../log/log.ts';

export interface MissedOptions {
  readonly log: Pick<Log, 'head'>;
  /** Whether it is the user's own, where nobody is told operations. */
  readonly isOwn: boolean;
  rooms: Rooms;
}

/** How much has happened in a room since; undefined where that is no longer known. */
export async function missedIn(
  roomId: string,
  since: Claimed,
  { log, isOwn, rooms }: MissedOptions,
): Promise<number | undefined> {
  try {
    const head = await log.head(roomId);
    // Most have missed nothing: their rooms need not be opened to know that.
    if (head === undefined) return since.epoch === undefined ? 0 : undefined;
    if (isUpToDate(since, head)) return 0;
    const { state, view } = await rooms.load(roomId);
    const place = placeFrom(state, view.epoch, isOwn ? apartFromOperations(state, since) : since);
    const missed = place && missedSince(state, place);
    return missed && missed.operations.length + missed.others.length;
  } catch {
    return undefined;
  }
}
