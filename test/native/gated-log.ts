import { type Log, LogError, type RoomLog } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import type { Entry } from '../../server/room/entry.ts';

/** A log in memory whose appends can be held back or made to fail. */
export interface GatedLog extends Log {
  /** Appends, of one room or of all, wait until `release`. */
  hold(roomId?: string): void;
  release(): void;
  /** Appends that wait. */
  held: number;
  /** While true, appends are rejected and nothing is stored. */
  failing: boolean;
  /** Everything that was appended, by all rooms. */
  readonly entries: Entry[];
}

export function createGatedLog(): GatedLog {
  const inner = createMemoryLog();
  let gate: { roomId: string | undefined; opened: Promise<void>; open: () => void } | undefined;
  const entries: Entry[] = [];

  const gated: GatedLog = {
    failing: false,
    held: 0,
    entries,
    hold(roomId) {
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { roomId, opened, open };
    },
    release() {
      gate?.open();
      gate = undefined;
    },
    async open(roomId, listener) {
      const room = await inner.open(roomId, listener);
      const append = async (texts: readonly string[]): Promise<void> => {
        if (gated.failing) throw new LogError('LOG_UNAVAILABLE', 'the disk is full');
        if (gate !== undefined && (gate.roomId ?? roomId) === roomId) {
          gated.held += 1;
          await gate.opened;
          gated.held -= 1;
        }
        entries.push(...texts.map((text) => JSON.parse(text) as Entry));
        await room.append(texts);
      };
      return { ...room, append } satisfies RoomLog;
    },
    head: (roomId) => inner.head(roomId),
    writable: () => !gated.failing && inner.writable(),
    close: () => inner.close(),
  };
  return gated;
}
