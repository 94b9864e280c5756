import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';

export interface LossyLog extends Log {
  failing: boolean;
  /** No room can be opened. */
  shut: boolean;
  /** @param latest so many of a room's entries are lost; by default all */
  lose(roomId: string, latest?: number): Promise<void>;
}

/** A log in memory that can lose what it has of a room, as Redis may, and refuse to be written. */
export function createLossyLog(): LossyLog {
  const inner = createMemoryLog();
  const losing = new Map<string, (latest: number) => Promise<void>>();
  const log = {
    ...inner,
    failing: false,
    shut: false,
    lose: async (roomId: string, latest = Number.POSITIVE_INFINITY) => losing.get(roomId)?.(latest),
    async open(...[roomId, listener, events]: Parameters<Log['open']>) {
      if (log.shut) throw new LogError('LOG_UNAVAILABLE', 'away');
      const room = await inner.open(roomId, listener);
      losing.set(roomId, async (latest) => {
        const { offset = 0 } = (await inner.head(roomId)) ?? {};
        const kept = (await room.read(1, Math.max(0, offset - latest))) ?? [];
        await room.drop();
        const next = await inner.open(roomId, () => {});
        await next.append(kept);
        await (kept.length > 0 ? next.close() : next.drop());
        events?.onEnded?.(new LogError('LOG_UNAVAILABLE', 'it is lost'));
      });
      const append = async (entries: readonly string[]): Promise<void> => {
        if (log.failing) throw new LogError('LOG_UNAVAILABLE', 'away');
        return room.append(entries);
      };
      return { ...room, append };
    },
  };
  return log;
}
