import { type as ot } from 'ot-text-unicode';
import type { TextOperation } from '../../../protocol/index.ts';
import { limits } from '../../../protocol/limits.ts';

const lengthOf = (text: string) => [...text].length;

/** In place of half a character, behind which nobody could count any more. */
export const whole = (text: string): string => text.replaceAll(/\p{Surrogate}/gu, '\uFFFD');

/**
 * Replaces `length` UTF-16 units from `position` on, and all of a character of which they are a part; what is
 * inserted into one comes after it. Empty where that changes nothing.
 */
export function replacing(value: string, position: number, length: number, inserted: string): TextOperation {
  const isInside = (at: number) => (value.codePointAt(at - 1) ?? 0) > 0xffff;
  const end = position + length + (isInside(position + length) ? 1 : 0);
  const start = length === 0 ? end : position - (isInside(position) ? 1 : 0);
  const [before, removed] = [lengthOf(value.slice(0, start)), lengthOf(value.slice(start, end))];
  return changing(before, whole(inserted), removed);
}

/** What leads from one text to another: what differs between what they begin and end with. */
export function leading(from: string, to: string): TextOperation {
  const [old, next] = [[...from], [...to]];
  const shorter = Math.min(old.length, next.length);
  let start = 0;
  while (start < shorter && old[start] === next[start]) start++;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === next[next.length - 1 - end]) end++;
  const inserted = next.slice(start, next.length - end).join('');
  const removed = old.length - end - start;
  return changing(start, inserted, removed);
}

/** After so many characters inserts one text, and removes so many others. */
function changing(skipped: number, inserted: string, removed: number): TextOperation {
  const parts = [skipped, inserted, ...(removed > 0 ? [{ d: removed }] : [])];
  return ot.normalize(parts.filter((part) => part !== 0 && part !== '')) as TextOperation;
}

export const apply = (text: string, operation: TextOperation): string => ot.apply(text, operation);

export const compose = (first: TextOperation, second: TextOperation): TextOperation =>
  ot.compose(first, second) as TextOperation;

/** An own operation, after another that reached the server first; and that other, after the own. [SPEC: TX3] */
export function cross(own: TextOperation, other: TextOperation): [TextOperation, TextOperation] {
  return [
    ot.transform(own, other, 'left') as TextOperation,
    ot.transform(other, own, 'right') as TextOperation,
  ];
}

/** As much of an operation as one message takes; and the rest, made on the text after that. */
export function split(operation: TextOperation, maxBytes: number): [TextOperation, TextOperation] {
  const parts = operation.flatMap(
    (part): TextOperation => (typeof part === 'string' ? (part.match(pieces) ?? []) : [part]),
  );
  let bytes = 1;
  const over = parts.findIndex((part, at) => {
    bytes += encoder.encode(JSON.stringify(part)).length + 1;
    return bytes > maxBytes || at === limits.MAX_TEXT_PARTS;
  });
  if (over === -1) return [operation, []];
  // The first may only skip. What is too large even so is refused.
  const first = parts.splice(0, Math.max(over, 2));
  const end = first.reduce<number>((length, part) => length + spanOf(part), 0);
  return [ot.normalize(first) as TextOperation, ot.normalize([end, ...parts]) as TextOperation];
}

const encoder = new TextEncoder();
/** Of what is inserted; smaller ones are not made. */
const pieces = /.{1,256}/gsu;

/** In the text that it leads to. */
function spanOf(part: TextOperation[number]): number {
  if (typeof part === 'string') return lengthOf(part);
  return typeof part === 'number' ? part : 0;
}
