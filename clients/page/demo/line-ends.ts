import type { TextOperation } from '../../../protocol/index.ts';

/** What a text field makes of a text: each end of a line is LF. */
export const inField = (text: string): string => text.replaceAll(/\r\n?/g, '\n');

/** Where a place of what the field shows is in the text, in UTF-16 units. */
export function inText(text: string, place: number): number {
  let at = 0;
  for (let left = place; left > 0 && at < text.length; left--) at += text.startsWith('\r\n', at) ? 2 : 1;
  return at;
}

/** An operation on what the field shows, as one on the text. */
export function onText(text: string, operation: TextOperation): TextOperation {
  let at = 0;
  const span = (characters: number) => {
    const from = at;
    for (let left = characters; left > 0; left--) {
      at += text.startsWith('\r\n', at) || (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    }
    return [...text.slice(from, at)].length;
  };
  return operation.map((part) => {
    if (typeof part === 'string') return part;
    return typeof part === 'number' ? span(part) : { d: span(Number(part.d)) };
  });
}
