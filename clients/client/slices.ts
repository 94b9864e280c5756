import type { Operation } from '../../protocol/index.ts';
import type { limits } from '../../protocol/limits.ts';

/** Of one command. */
const MAX_OPERATIONS: typeof limits.MAX_OPERATIONS = 100;
/** Whatever they are, less than MAX_MESSAGE_BYTES by default, with all else that is in a message. */
const MAX_CHARACTERS = 16_000;

/** What is done at once, in commands that may hold it. */
export function slices(operations: readonly Operation[]): (readonly Operation[])[] {
  const { length } = operations;
  const isOne = length <= MAX_OPERATIONS && JSON.stringify(operations).length <= MAX_CHARACTERS;
  if (isOne || length < 2) return length > 0 ? [operations] : [];
  return [operations.slice(0, length / 2), operations.slice(length / 2)].flatMap(slices);
}
