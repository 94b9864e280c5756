import { type Log, LogError } from '../../server/log/log.ts';

/** A log that can be told to refuse everything, as one does whose disk has no byte left. */
export function failingLog(log: Log): Log & { full: boolean } {
  const refuse = () =>
    Promise.reject(new LogError('LOG_UNAVAILABLE', 'no space left on the disk of this test'));
  const failing = {
    full: false,
    async open(roomId: string, listener: Parameters<Log['open']>[1]) {
      if (failing.full) return refuse();
      const room = await log.open(roomId, listener);
      return {
        ...room,
        append: (entries: readonly string[]) => (failing.full ? refuse() : room.append(entries)),
        compact: (...given: Parameters<typeof room.compact>) =>
          failing.full ? refuse() : room.compact(...given),
        drop: () => (failing.full ? refuse() : room.drop()),
      };
    },
    head: (roomId: string) => log.head(roomId),
    writable: () => !failing.full && log.writable(),
    close: () => log.close(),
  };
  return failing;
}
