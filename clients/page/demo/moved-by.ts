import type { TextOperation } from '../../../protocol/index.ts';

/** Where a place of a text is after an operation, in UTF-16 units. */
export function movedBy(operation: TextOperation, before: string, position: number): number {
  let [at, moved] = [0, position];
  for (const part of operation) {
    if (at >= position && typeof part !== 'string') break;
    if (typeof part === 'number') at += unitsOf(before, at, part);
    else if (typeof part === 'string') moved += at < position ? part.length : 0;
    else {
      const length = typeof part.d === 'string' ? part.d.length : unitsOf(before, at, part.d);
      moved -= Math.min(length, Math.max(0, position - at));
      at += length;
    }
  }
  return Math.max(0, moved);
}

/** UTF-16 units of so many characters. */
function unitsOf(text: string, from: number, characters: number): number {
  let at = from;
  for (let left = characters; left > 0; left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at - from;
}
