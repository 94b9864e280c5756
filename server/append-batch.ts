import type { Entry } from './room/entry.ts';

/** So much a log takes in a moment, so that nobody waits long behind it: Redis also publishes it, whole. */
const MOST_ENTRIES = 1000;
const MOST_LENGTH = 1024 * 1024;

/** Takes out of a queue what is appended at once, and writes it. */
export function takeBatch(queue: Entry[]): { entries: Entry[]; texts: string[] } {
  const texts: string[] = [];
  let length = 0;
  for (const entry of queue) {
    if (texts.length === MOST_ENTRIES || length >= MOST_LENGTH) break;
    const text = JSON.stringify(entry);
    texts.push(text);
    length += text.length;
  }
  return { entries: queue.splice(0, texts.length), texts };
}
