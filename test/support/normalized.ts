import { type as ot } from 'ot-text-unicode';
import type { TextOperation } from '../../protocol/index.ts';

/** The canonical form of an operation, which stays as it is: the library joins deletions in place. */
export function normalized(operation: TextOperation): TextOperation {
  return ot.normalize(structuredClone(operation)) as TextOperation;
}
