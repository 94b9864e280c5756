import type { Part } from './replica.ts';

/** What is undone at once. */
export interface Step {
  parts: Part[];
}

/** Steps that are remembered; the oldest are forgotten. */
const KEPT_STEPS = 500;

/** What this user has done, and undone. Whoever changes it tells of it, when what was done is on its way. */
export class History {
  readonly undoable: Step[] = [];
  readonly redoable: Step[] = [];
  #group: Step = { parts: [] };
  /** Those that are open: groups within a group are part of it. */
  readonly #groups = new Set<object>();

  /** Something new was done. */
  did(parts: readonly Part[]): void {
    this.redoable.length = 0;
    push(this.undoable, this.#groups.size > 0 ? this.#group : { parts: [] }, parts);
  }

  /** What is done until the returned function is called is one step. */
  group(): () => void {
    if (this.#groups.size === 0) this.#group = { parts: [] };
    const end = () => void this.#groups.delete(end);
    this.#groups.add(end);
    return end;
  }

  /** Ends all groups, also one that was forgotten. */
  endGroups(): void {
    this.#groups.clear();
  }

  /** It was refused, and so never took place. */
  forget(parts: readonly Part[]): void {
    const gone = new Set(parts);
    for (const steps of [this.undoable, this.redoable]) {
      for (const step of steps) step.parts = step.parts.filter((one) => !gone.has(one));
      steps.splice(0, steps.length, ...steps.filter((step) => step.parts.length > 0));
    }
  }
}

export function push(steps: Step[], step: Step, parts: readonly Part[] = []): void {
  step.parts.push(...parts);
  if (!steps.includes(step)) steps.push(step);
  if (steps.length > KEPT_STEPS) steps.shift();
}
