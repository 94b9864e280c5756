import type { Clock } from './clock.ts';
import { openDurableMap } from './log/durable-map.ts';
import { type Log, LogError } from './log/log.ts';

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

/** Empties the map of a dead node, also where the log cannot be read now. Never rejects. */
export async function takeOver<Value>(options: TakeOverOptions<Value>): Promise<void> {
  const { log, clock, name, take, isClosed, onFailed } = options;
  if (isClosed()) return;
  try {
    const left = await openDurableMap<Value>(log, name);
    try {
      for (const [key, value] of [...left.entries()]) {
        if (isClosed()) return;
        await take(key, value);
        await left.delete(key);
      }
      await left.conclude();
    } finally {
      await left.close();
    }
  } catch (error) {
    onFailed(error);
    const isPassing = error instanceof LogError && error.code !== 'LOG_CORRUPT';
    if (isPassing) clock.after(AGAIN_MS, () => void takeOver(options));
  }
}
