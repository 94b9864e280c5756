import { type Log, LogError, type RoomLog, type Snapshot } from './log.ts';

/** A log that stays open: an opening that ends by itself is followed by another. */
export interface LastingLog {
  append(entries: readonly string[]): Promise<void>;
  compact(snapshot: Snapshot, dropThrough: number): Promise<void>;
  close(): Promise<void>;
  /** These as those of a room. */
  drop(): Promise<void>;
}

/** Who folds it. */
export interface Reader {
  /** All that there is: at the beginning, and whenever the log had to be opened anew. What it throws is LOG_CORRUPT. */
  read(log: Pick<RoomLog, 'snapshot' | 'tail'>): void;
  /** What was appended, by this process or another, in its order. */
  absorb(texts: readonly string[]): void;
  /** It has ended by itself and cannot be opened anew, which is tried until it can be. Called once each time. */
  readonly onOpenFailed: OpenFailed;
}

/** @param name of the log */
export type OpenFailed = (name: string, error: LogError) => void;

const AGAIN_MS = 500;

/** @throws LogError as `log.open` does, or LOG_CORRUPT where the reader cannot read it */
export async function openLastingLog(log: Log, name: string, reader: Reader): Promise<LastingLog> {
  let opened: RoomLog;
  let closed = false;
  let again: NodeJS.Timeout | undefined;
  let isTold = false;
  let opening: Promise<void> | undefined;

  async function open(): Promise<void> {
    const early: string[] = [];
    let hear = (texts: readonly string[]): void => void early.push(...texts);
    const room = await log.open(name, (_first, texts) => hear(texts), { onEnded: openAgain });
    if (closed) return room.close();
    try {
      reader.read(room);
      hear = (texts) => reader.absorb(texts);
      if (early.length > 0) reader.absorb(early);
    } catch (cause) {
      await room.close();
      const message = `what is stored of ${JSON.stringify(name)} cannot be read: ${(cause as Error).message}`;
      throw new LogError('LOG_CORRUPT', message, { cause });
    }
    opened = room;
    isTold = false;
  }

  function openAgain(): void {
    if (closed) return;
    opening = open().catch((error: LogError) => {
      if (closed) return;
      if (!isTold) reader.onOpenFailed(name, error);
      isTold = true;
      again = setTimeout(openAgain, AGAIN_MS);
      again.unref();
    });
  }

  async function end(how: () => Promise<void>): Promise<void> {
    closed = true;
    clearTimeout(again);
    await opening;
    await how();
  }

  await open();
  return {
    append: (entries) => opened.append(entries),
    compact: (snapshot, dropThrough) => opened.compact(snapshot, dropThrough),
    close: () => end(() => opened.close()),
    drop: () => end(() => opened.drop()),
  };
}
