import { decodeChecked, encodeChecked } from './checked-text.ts';

/**
 * A batch as it stands in a room's stream and is published: `id` names the append, `previous` the batch before
 * it (the epoch for the first one). So whoever folds batches can tell that none is missing, and that the log
 * did not lose any that were folded before.
 */
export interface Batch {
  readonly id: string;
  readonly previous: string;
  /** The offset of its first entry. */
  readonly first: number;
  readonly count: number;
  readonly body: Buffer;
}

/** The entries of a batch as one checked text: their lengths in UTF-16 units, a line break, and all of them. */
export function encodeBody(entries: readonly string[]): Buffer {
  return encodeChecked(`${entries.map((entry) => entry.length).join(',')}\n${entries.join('')}`);
}

/** The entries, or `undefined` where the bytes are not what was written. */
export function decodeBody({ body, count }: Batch): string[] | undefined {
  const text = decodeChecked(body);
  if (text === undefined) return undefined;
  let at = text.indexOf('\n') + 1;
  const entries = text
    .slice(0, at - 1)
    .split(',')
    .map((length) => {
      const entry = text.slice(at, at + Number(length));
      at += Number(length);
      return entry;
    });
  return entries.length === count && at === text.length ? entries : undefined;
}

/** A batch of the stream: its id there is the offset of its last entry, and how many it has. */
export function batchOf([at, fields]: [Buffer, Buffer[]]): Batch | undefined {
  const [last, count] = at.toString('latin1').split('-').map(Number);
  const [id, previous, body] = [fields[1], fields[3], fields[5]];
  if (last === undefined || count === undefined || id === undefined || previous === undefined || !body)
    return undefined;
  return {
    id: id.toString('latin1'),
    previous: previous.toString('latin1'),
    first: last - count + 1,
    count,
    body,
  };
}

/** What is published in a room: a batch, or what one node tells the others. */
export type Published =
  | { readonly kind: 'batch'; readonly batch: Batch }
  | { readonly kind: 'told'; readonly by: string; readonly text: string }
  /** The log may have ended, or somebody published what is nothing of it: to be looked at. */
  | { readonly kind: 'look' };

const LINE_BREAK = 10;

/** A kind, what it needs on the first line, and the rest. */
export function readPublished(message: Buffer): Published {
  const end = message.indexOf(LINE_BREAK);
  const [kind, ...words] = message.toString('latin1', 0, end < 0 ? message.length : end).split(' ');
  const rest = message.subarray(end + 1);
  if (kind === 't' && words[0] !== undefined) return { kind: 'told', by: words[0], text: rest.toString() };
  const [first, count] = [Number(words[0]), Number(words[1])];
  const [, , id, previous] = words;
  const isBatch = kind === 'b' && Number.isSafeInteger(first) && Number.isSafeInteger(count);
  if (!isBatch || id === undefined || previous === undefined) return { kind: 'look' };
  return { kind: 'batch', batch: { id, previous, first, count, body: rest } };
}

export function writeTold(by: string, text: string): string {
  return `t ${by}\n${text}`;
}
