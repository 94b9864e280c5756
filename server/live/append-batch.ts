import { type Entry, mustNotBeLost } from '../room/entry.ts';

/** So much a log takes in a moment, so that nobody waits long behind it: Redis also publishes it, whole. */
const MOST_ENTRIES = 1000;
const MOST_LENGTH = 1024 * 1024;

/** What is appended at once. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly texts: readonly string[];
  /** It is tried until it is stored; another is refused when it fails. */
  readonly mustNotBeLost: boolean;
}

/** Takes out of a queue what is appended at once, and writes it. What fails otherwise than the rest goes alone. */
export function takeBatch(queue: Entry[]): Batch {
  const [first] = queue;
  const isKept = first !== undefined && mustNotBeLost(first);
  const texts: string[] = [];
  let length = 0;
  for (const entry of queue) {
    if (texts.length === MOST_ENTRIES || length >= MOST_LENGTH || mustNotBeLost(entry) !== isKept) break;
    const text = JSON.stringify(entry);
    texts.push(text);
    length += text.length;
  }
  return { entries: queue.splice(0, texts.length), texts, mustNotBeLost: isKept };
}
