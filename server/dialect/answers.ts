import type { Answer, Author } from '../room/entry.ts';
import type { DirectEvent, Ref } from './events.ts';

/** The answer to an entry as an event. */
export function answerEvent(
  roomId: string,
  op: string,
  to: Author,
  answer: Answer,
  opId: string | undefined,
): Extract<DirectEvent, { type: 'ack' | 'error' | 'conflict' }> {
  const head = { op, ...refOf(to), ...(opId === undefined ? {} : { opId }) };
  if (answer.ok) {
    const { ok: _, ...result } = answer;
    return { type: 'ack', ...head, roomId, ...result };
  }
  const { thing, lockedBy, ...details } = answer.details ?? {};
  if (answer.code === 'CONFLICT' && thing !== undefined && lockedBy !== undefined) {
    return { type: 'conflict', ...head, thing, lockedBy };
  }
  return { type: 'error', ...head, roomId, code: answer.code, details };
}

/** The ref of a command, to be repeated by what answers it. */
export function refOf({ ref }: Author): { ref?: Ref } {
  return ref === undefined ? {} : { ref };
}
