import { type as textType } from 'ot-text-unicode';
import type { TextOperation } from '../../protocol/index.ts';
import { type Answer, type Author, type RoomLimits, refuse } from './entry.ts';

/** A text under operational transformation. [SPEC: TX] */
export interface Text {
  /** Accepted operations. */
  version: number;
  text: string;
  /** In code points, which is what operations count in. */
  length: number;
  /** The latest operations as they were applied; the last one made `version`. */
  history: Past[];
  /** Of the operations in `history`, and of what was unheard, as JSON. */
  historyBytes: number;
}

/** An operation, and the version that it made. */
interface Made {
  version: number;
  operation: TextOperation;
}

interface Past extends Made {
  /** The connection that it came from. */
  by: string;
  /** The version that it was made at. */
  base: number;
  /**
   * What others did between `base` and this operation, transformed over all that its author did since `base`.
   * Only on a connection's latest: the next may have been made before these were heard of.
   */
  unheard?: Outline[];
  bytes: number;
}

/** Texts by document id. */
export type Texts = Map<string, Text>;

export interface TextAttempt {
  by: Pick<Author, 'connection'>;
  documentId: string;
  operation: TextOperation;
  /** The version that the operation was made at. */
  version: number;
}

/** Transforms an operation over what its author had not heard of, and applies it. A document begins empty. */
export function edit(
  texts: Texts,
  attempt: TextAttempt,
  limits: RoomLimits,
): { ok: true; version: number; operation: TextOperation } | (Answer & { ok: false }) {
  const text = texts.get(attempt.documentId) ?? {
    version: 0,
    text: '',
    length: 0,
    history: [],
    historyBytes: 0,
  };
  const by = attempt.by.connection;
  const others = othersSince(text, attempt.version, by);
  if (others === undefined || others.length > limits.KEPT_TEXT_OPERATIONS) {
    return refuse('VERSION_UNKNOWN', { path: 'version', version: text.version });
  }
  let operation = normalize(attempt.operation);
  const { reach } = spanOf(attempt.operation);
  const lengthThen = others.reduce((length, one) => length - spanOf(one.operation).growth, text.length);
  // The library would count through whatever it is told to skip, however far behind the end that is.
  if (operation === undefined || reach > lengthThen) {
    return refuse('TEXT_OPERATION_INVALID', { path: 'operation', version: text.version });
  }
  const unheard: Outline[] = [];
  let parts = 0;
  for (const { version, operation: other } of others) {
    // A short operation that deletes much falls into ever more parts.
    parts += operation.length + other.length;
    if (parts > limits.MAX_TRANSFORMED_PARTS) {
      return refuse('VERSION_UNKNOWN', { path: 'version', version: text.version });
    }
    const moved = textType.transform(other, operation, 'right') as TextOperation;
    unheard.push({ version, parts: moved.map(outlined) });
    // The operation that arrives is the left one: of two inserts at one place its text comes first.
    operation = textType.transform(operation, other, 'left') as TextOperation;
  }
  const length = text.length + spanOf(operation).growth;
  if (length > limits.MAX_TEXT_LENGTH && length > text.length) {
    return refuse('LIMIT_EXCEEDED', { limit: 'MAX_TEXT_LENGTH' });
  }
  if (!texts.has(attempt.documentId)) {
    if (texts.size >= limits.MAX_DOCUMENTS) return refuse('LIMIT_EXCEEDED', { limit: 'MAX_DOCUMENTS' });
    texts.set(attempt.documentId, text);
  }
  text.text = textType.apply(text.text, operation);
  text.length = length;
  text.version += 1;
  const past = { version: text.version, operation, by, base: attempt.version };
  remember(text, unheard.length === 0 ? past : { ...past, unheard }, limits);
  return { ok: true, version: text.version, operation };
}

/** A connection goes on from others that its client had before: what came from these is its own. */
export function goOn(texts: Texts, before: readonly string[], connection: string): void {
  if (before.length === 0) return;
  for (const { history } of texts.values()) {
    for (const past of history) if (before.includes(past.by)) past.by = connection;
  }
}

/**
 * What others did since a version, transformed over what the connection did since, which it has already.
 * Undefined where that is not kept.
 */
function othersSince({ version, history }: Text, base: number, by: string): readonly Made[] | undefined {
  const missed = version - base;
  if (missed < 0) return undefined;
  const index = history.findLastIndex((one) => one.by === by);
  const own = history[index];
  if (own === undefined || own.version <= base) {
    return missed > history.length ? undefined : history.slice(history.length - missed);
  }
  // However many of its own lie between: with the latest is kept what it had not heard of by then.
  if (base < own.base) return undefined;
  const before = (own.unheard ?? []).filter((one) => one.version > base);
  const filled = before.map(({ version, parts }) => ({ version, operation: parts.map(filledIn) }));
  return [...filled, ...history.slice(index + 1)];
}

function remember(text: Text, past: Omit<Past, 'bytes'>, limits: RoomLimits): void {
  const last = text.history.findLast((one) => one.by === past.by);
  if (last?.unheard !== undefined) {
    delete last.unheard;
    text.historyBytes -= last.bytes;
    last.bytes = bytesOf(last);
    text.historyBytes += last.bytes;
  }
  const bytes = bytesOf(past);
  text.history.push({ ...past, bytes });
  text.historyBytes += bytes;
  while (text.history.length > limits.KEPT_TEXT_OPERATIONS || text.historyBytes > KEPT_TEXT_OPERATION_BYTES) {
    text.historyBytes -= text.history.shift()?.bytes ?? 0;
  }
}

function bytesOf({ operation, unheard }: Omit<Past, 'bytes'>): number {
  return JSON.stringify(operation).length + (unheard === undefined ? 0 : JSON.stringify(unheard).length);
}

/** An operation of which only the lengths count, so that what one inserts is not kept for each of the others. */
interface Outline {
  version: number;
  parts: (number | { d: number } | { i: number })[];
}

function outlined(part: TextOperation[number]): Outline['parts'][number] {
  if (typeof part === 'string') return { i: [...part].length };
  return typeof part === 'number' ? part : { d: deleted(part.d) };
}

function filledIn(part: Outline['parts'][number]): TextOperation[number] {
  return typeof part === 'object' && 'i' in part ? ' '.repeat(part.i) : part;
}

/** Should be a limit beside KEPT_TEXT_OPERATIONS. */
const KEPT_TEXT_OPERATION_BYTES = 256 * 1024;

/** The canonical form; deletions by length, since what a client says was there need not be. Undefined where
 * it is not Unicode. */
function normalize(operation: TextOperation): TextOperation | undefined {
  if (operation.some((one) => typeof one === 'string' && !one.isWellFormed())) return undefined;
  // Copied, because the library joins components in place.
  const counted = operation.map((one) => (typeof one === 'object' ? { d: deleted(one.d) } : one));
  return textType.normalize(counted) as TextOperation;
}

/** How far into the old text an operation reaches, and by how much the text grows; in code points. */
function spanOf(operation: TextOperation): { reach: number; growth: number } {
  let reach = 0;
  let growth = 0;
  for (const one of operation) {
    if (typeof one === 'number') reach += one;
    else if (typeof one === 'string') growth += [...one].length;
    else {
      reach += deleted(one.d);
      growth -= deleted(one.d);
    }
  }
  return { reach, growth };
}

function deleted(what: number | string): number {
  return typeof what === 'number' ? what : [...what].length;
}
