import type { TextOperation } from '../../protocol/index.ts';
import type { Random } from './random.ts';

const snippets = ['a', 'bc', '\u{1f600}', 'é', '\u{1f468}‍\u{1f469}', ' ', 'xyz', '\u{10ffff}'];

/** An operation that fits a text: some skips, inserts and deletions, counted in code points. */
export function chooseTextOperation(text: string, random: Random): TextOperation {
  let left = [...text].length;
  const operation: TextOperation = [];
  for (let parts = 1 + random.below(3); parts > 0; parts--) {
    const skip = random.below(left + 1);
    if (skip > 0 && skip < left) operation.push(skip);
    left -= skip;
    const deletes = random.chance(0.35) ? Math.min(left, 1 + random.below(3)) : 0;
    if (skip > 0 && left === 0) operation.push(skip);
    if (deletes > 0) operation.push({ d: deletes });
    else operation.push(random.pick(snippets));
    left -= deletes;
    if (left === 0) break;
  }
  return operation;
}
