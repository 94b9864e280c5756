import { changesOf, isPlainObject, type Operation } from '../../protocol/index.ts';
import { assign, type Propertied, sizeOf } from './scene.ts';

/** What the operations of one command have made of something so far: of its properties those that they touch. */
interface Draft extends Pick<Propertied, 'data'> {
  /** The bytes by which they let it grow. */
  growth: number;
}

/** Measures the operations of one command, each on top of those before it. The scene stays as it is. */
export class Growth {
  readonly #drafts = new Map<Propertied, Draft>();

  /**
   * The bytes by which an operation will let the scene grow; of what it adds, about. Negative where it shrinks.
   *
   * @param subject undefined: it is not there, or the command itself has made it, and then gives nothing back
   */
  by(subject: Propertied | undefined, operation: Operation): number {
    if (subject === undefined) return operation.type === 'remove' ? 0 : sizeOf(operation.data);
    const draft = this.#drafts.get(subject) ?? { data: {}, growth: 0 };
    if (operation.type === 'remove') return -subject.bytes - draft.growth;
    let growth = 0;
    for (const change of changesOf(operation.data ?? {})) {
      const [name] = change.keys as readonly [string, ...string[]];
      if (!Object.hasOwn(draft.data, name) && Object.hasOwn(subject.data, name)) {
        const value = subject.data[name];
        // What is replaced as a whole is not changed itself.
        draft.data[name] = change.keys.length === 1 ? value : copyOf(value);
      }
      growth += assign(draft.data, change);
    }
    draft.growth += growth;
    this.#drafts.set(subject, draft);
    return growth;
  }
}

/** As deep as properties go. */
function copyOf(transform: unknown): unknown {
  if (!isPlainObject(transform)) return transform;
  const groups = Object.entries(transform);
  return Object.fromEntries(groups.map(([name, axes]) => [name, isPlainObject(axes) ? { ...axes } : axes]));
}
