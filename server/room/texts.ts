import { type as textType } from 'ot-text-unicode';
import type { TextOperation } from '../../protocol/index.ts';
import { type Answer, type RoomLimits, refuse } from './entry.ts';

/** A text under operational transformation. [SPEC: TX] */
export interface Text {
  /** Accepted operations. */
  version: number;
  text: string;
  /** In code points, which is what operations count in. */
  length: number;
  /** The latest operations as they were applied; the last one made `version`. */
  history: Past[];
  /** Of the operations in `history`, as JSON. */
  historyBytes: number;
}

/** An operation as it was applied, and the text's length before it. */
interface Past {
  operation: TextOperation;
  lengthBefore: number;
  bytes: number;
}

/** Texts by document id. */
export type Texts = Map<string, Text>;

export interface TextAttempt {
  documentId: string;
  operation: TextOperation;
  /** The version that the operation was made at. */
  version: number;
}

/** Transforms an operation over what came since it was made, and applies it. A document begins empty. */
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
  const missed = text.version - attempt.version;
  if (missed < 0 || missed > text.history.length) {
    return refuse('VERSION_UNKNOWN', { path: 'version', version: text.version });
  }
  const since = text.history.slice(text.history.length - missed);
  let operation = normalize(attempt.operation);
  const { reach } = spanOf(attempt.operation);
  const lengthThen = since[0]?.lengthBefore ?? text.length;
  // The library would count through whatever it is told to skip, however far behind the end that is.
  if (operation === undefined || reach > lengthThen) {
    return refuse('TEXT_OPERATION_INVALID', { path: 'operation', version: text.version });
  }
  // The operation that arrives is the left one: of two inserts at one place its text comes first.
  for (const one of since) operation = textType.transform(operation, one.operation, 'left') as TextOperation;
  const length = text.length + spanOf(operation).growth;
  if (length > limits.MAX_TEXT_LENGTH && length > text.length) {
    return refuse('LIMIT_EXCEEDED', { limit: 'MAX_TEXT_LENGTH' });
  }
  if (!texts.has(attempt.documentId)) {
    if (texts.size >= limits.MAX_DOCUMENTS) return refuse('LIMIT_EXCEEDED', { limit: 'MAX_DOCUMENTS' });
    texts.set(attempt.documentId, text);
  }
  text.text = textType.apply(text.text, operation);
  const bytes = JSON.stringify(operation).length;
  text.history.push({ operation, lengthBefore: text.length, bytes });
  text.historyBytes += bytes;
  text.length = length;
  text.version += 1;
  while (text.history.length > limits.KEPT_TEXT_OPERATIONS || text.historyBytes > KEPT_TEXT_OPERATION_BYTES) {
    text.historyBytes -= text.history.shift()?.bytes ?? 0;
  }
  return { ok: true, version: text.version, operation };
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
