import { type Log, LogError } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';

export interface UnsureLog extends Log {
  unsure: boolean;
  /** Has what was appended meanwhile stored late. */
  store(): Promise<void>;
  /** As another node that takes the one that has appended so far for dead. */
  bury(): Promise<void>;
}

/** A log in memory to whose appends no answer comes while it is `unsure`. One that is made again is stored once. */
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
      const stored = new Set<readonly string[]>();
      const append = async (entries: readonly string[]): Promise<void> => {
        const { node } = JSON.parse(entries[0] ?? '') as { node?: string };
        if (node !== undefined) bury = () => room.append([JSON.stringify({ type: 'nodeGone', at: 0, node })]);
        const once = async () => {
          if (stored.has(entries)) return;
          stored.add(entries);
          await room.append(entries);
        };
        if (!log.unsure) return once();
        late.push(once);
        throw new LogError('LOG_UNCERTAIN', 'no answer');
      };
      return { ...room, append };
    },
  };
  return log;
}
