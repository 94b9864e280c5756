/** Whether an answer of the program's comes later: whatever can be awaited will do, be it a promise of its own kind. */
export function isLater(answer: unknown): answer is PromiseLike<unknown> {
  return typeof (answer as PromiseLike<unknown> | undefined)?.then === 'function';
}
