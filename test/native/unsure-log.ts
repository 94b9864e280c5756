import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';

export interface UnsureLog extends Log {
  unsure: boolean;
  /** Has what was appended meanwhile stored late. */
  store(): Promise<void>;
  /** As another node that takes the one that has appended so far for dead. */
  bury(): Promise<void>;
}

/** A log in memory to whose appends no answer comes while it is `unsure`. */
export function createUnsureLog(): UnsureLog {
  const inner = createMemoryLog();
  const late: (() => Promise<void>)[] = [];
  let bury = async (): Promise<void> => {};
  const log = {
    ...inner,
    unsure: false,
    async store() {
      for (const one of late.splice(0)) await one();
    },
    bury: () => bury(),
    async open(...given: Parameters<Log['open']>) {
      const room = await inner.open(...given);
      const append = async (entries: readonly string[]): Promise<void> => {
        const { node } = JSON.parse(entries[0] ?? '') as { node?: string };
        if (node !== undefined) bury = () => room.append([JSON.stringify({ type: 'nodeGone', at: 0, node })]);
        if (!log.unsure) return room.append(entries);
        late.push(() => room.append(entries));
        throw new LogError('LOG_UNCERTAIN', 'no answer');
      };
      return { ...room, append };
    },
  };
  return log;
}
