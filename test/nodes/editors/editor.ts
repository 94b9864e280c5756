/** Somebody in a scene who changes an item of their own, whatever they speak. */
export interface Editor {
  readonly kind: string;
  readonly userId: string;
  readonly sceneId: string;
  /** Milliseconds from each attempt that succeeded to being in the room again, where it was left. */
  readonly resumes: readonly number[];
  /** What must not be: refusals, gaps, whole states where a delta was due. */
  readonly faults: readonly string[];
  /** Operations that were acknowledged. */
  readonly acknowledged: number;
  /** Where its scene stands. */
  readonly version: number;
  readonly isIn: boolean;
  /** Sets its item to the next number; once the last one was acknowledged. */
  edit(): void;
  readonly isIdle: boolean;
  /** The latest number that it saw of somebody. */
  numberOf(userId: string): unknown;
  end(): void;
}

export const PROJECT = 'p';

export const operationOn = (userId: string, number: number) => ({
  type: number === 1 ? 'add' : 'update',
  target: 'item',
  id: userId,
  data: { number },
});

export function wholeStates(userId: string, states: number): string[] {
  return states > 1 ? [`${userId}: got the whole state ${states} times`] : [];
}
