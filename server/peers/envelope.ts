/**
 * What travels between nodes: `question`, its `answer`, or `none` where it could not be answered; nobody waits for it
 * any more (`cancel`), or it is wanted now (`hurry`); and what is told to all (`told`).
 */
export interface Envelope {
  readonly kind: 'question' | 'answer' | 'none' | 'cancel' | 'hurry' | 'told';
  readonly from: string;
  /** Of the question, never the same twice of one node; of what is told, `-`. */
  readonly id: string;
  readonly body: Buffer;
  /** Of questions and what is told. */
  readonly subject: string;
  /** Of questions: how long the answer may take. */
  readonly withinMs: number;
}

const LINE_BREAK = 10;

/** What it is on the first line, and the body as it is. */
export function encodeEnvelope(
  given: Pick<Envelope, 'kind' | 'from' | 'id'> &
    Partial<Omit<Envelope, 'body'>> & { body?: string | Uint8Array },
): Buffer {
  const { kind, from, id, subject = '-', withinMs = 0, body = '' } = given;
  const head = Buffer.from(`${kind} ${from} ${id} ${subject} ${withinMs}\n`, 'latin1');
  return Buffer.concat([head, typeof body === 'string' ? Buffer.from(body) : body]);
}

export function decodeEnvelope(bytes: Buffer): Envelope {
  const end = bytes.indexOf(LINE_BREAK);
  const [kind, from = '', id = '', subject = '', withinMs] = bytes.toString('latin1', 0, end).split(' ');
  return {
    kind: kind as Envelope['kind'],
    ...{ from, id, subject },
    withinMs: Number(withinMs),
    body: bytes.subarray(end + 1),
  };
}
