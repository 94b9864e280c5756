import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';

/** A log in memory that can lose a room, as Redis may, and refuse to be written. */
export function createLossyLog(): Log & { failing: boolean; lose(roomId: string): Promise<void> } {
  const inner = createMemoryLog();
  const losing = new Map<string, () => Promise<void>>();
  const log = {
    ...inner,
    failing: false,
    lose: async (roomId: string) => losing.get(roomId)?.(),
    async open(...[roomId, listener, events]: Parameters<Log['open']>) {
      const room = await inner.open(roomId, listener);
      losing.set(roomId, async () => {
        await room.drop();
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
