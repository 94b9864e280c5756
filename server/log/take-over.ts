import { type Clock, passed } from '../clock.ts';
import { openDurableMap } from './durable-map.ts';
import { type Log, LogError } from './log.ts';

export interface TakeOverOptions<Value> {
  readonly log: Log;
  readonly clock: Pick<Clock, 'after'>;
  /** Of the map that a dead node has left. */
  readonly name: string;
  /** May be called again for what was taken when this was cut off. What it rejects with ends the attempt. */
  take(key: string, value: Value): Promise<unknown>;
  /** Nothing more is taken. */
  isClosed(): boolean;
  onFailed(error: unknown): void;
}

const AGAIN_MS = 2000;

/**
 * Empties the map of a dead node, also where that fails now. Never rejects.
 *
 * @returns false: closed before the end
 */
export async function takeOver<Value>(options: TakeOverOptions<Value>): Promise<boolean> {
  while (!options.isClosed()) {
    try {
      return await empty(options);
    } catch (error) {
      options.onFailed(error);
      // What is damaged is no less so later.
      if (error instanceof LogError && error.code === 'LOG_CORRUPT') return true;
      await passed(options.clock, AGAIN_MS);
    }
  }
  return false;
}

async function empty<Value>({
  log,
  name,
  take,
  isClosed,
  onFailed,
}: TakeOverOptions<Value>): Promise<boolean> {
  const left = await openDurableMap<Value>(log, name, { onOpenFailed: (_, error) => onFailed(error) });
  try {
    for (const [key, value] of [...left.entries()]) {
      if (isClosed()) return false;
      await take(key, value);
      await left.delete(key);
    }
    await left.conclude();
    return true;
  } finally {
    await left.close();
  }
}
