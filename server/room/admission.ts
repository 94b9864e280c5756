import { changesOf, getProperty, type JsonObject, type Operation, pathOf } from '../../protocol/index.ts';
import { type Answer, type RoomLimits, refuse } from './entry.ts';
import { Growth } from './growth.ts';
import { itemIdOf, type Propertied, type Scene, stampsAt, subjectOf } from './scene.ts';
import { changedByOther } from './stamp.ts';

export interface Attempt {
  operations: readonly Operation[];
  author: string;
  /** How the command names them: as the one `operation`, or as a list of them. */
  isList: boolean;
  /** The version that the operations were made at; without one the later write wins. */
  base: number | undefined;
  /** Who holds the lock of a thing, if it is somebody other than the author. */
  lockedBy: (thing: string) => string | undefined;
}

/** Whether the scene takes all of these operations; else why not. Nothing is changed. [SPEC: SC] */
export function refusalOf(
  scene: Scene,
  attempt: Attempt,
  limits: RoomLimits,
): (Answer & { ok: false }) | undefined {
  const { base, author } = attempt;
  if (base !== undefined && base > scene.version) {
    return refuse('VERSION_UNKNOWN', { path: 'version', version: scene.version });
  }
  // What the operations before it in the same command will have done to an item.
  const made = new Map<string, boolean>();
  let count = scene.items.size;
  const growth = new Growth();
  let bytes = scene.bytes;
  for (const [index, operation] of attempt.operations.entries()) {
    const path = attempt.isList ? `operations[${index}]` : 'operation';
    const id = operation.target === 'item' ? itemIdOf(operation) : undefined;
    const subject = id !== undefined && made.has(id) ? undefined : subjectOf(scene, operation);
    const exists = id === undefined || (made.get(id) ?? subject !== undefined);
    if (id !== undefined) {
      const holder = attempt.lockedBy(id);
      if (holder !== undefined) return refuse('CONFLICT', { thing: id, lockedBy: holder });
      if (operation.type === 'add' && exists)
        return refuse('ALREADY_EXISTS', { path: `${path}.id`, item: id });
      if (operation.type !== 'add' && !exists) return refuse('NOT_FOUND', { path: `${path}.id`, item: id });
    }
    if (base !== undefined && subject !== undefined && operation.type !== 'add') {
      const current = conflictOf(subject, operation, author, base);
      if (current !== undefined) {
        const item = id === undefined ? {} : { item: id };
        return refuse('VERSION_CONFLICT', { path: `${path}.data`, ...item, version: scene.version, current });
      }
    }
    bytes += growth.by(subject, operation);
    if (id !== undefined && operation.type !== 'update') {
      made.set(id, operation.type === 'add');
      count += operation.type === 'add' ? 1 : -1;
    }
    if (count > limits.MAX_ITEMS && count > scene.items.size)
      return refuse('LIMIT_EXCEEDED', { limit: 'MAX_ITEMS' });
  }
  if (bytes > limits.MAX_SCENE_BYTES && bytes > scene.bytes) {
    return refuse('LIMIT_EXCEEDED', { limit: 'MAX_SCENE_BYTES' });
  }
  return undefined;
}

/** The present values of the touched properties that somebody else changed after `base`. */
function conflictOf(
  subject: Propertied,
  operation: Operation,
  author: string,
  base: number,
): JsonObject | undefined {
  if (operation.type === 'remove') {
    const stamps = [subject.born, ...subject.stamps.values()];
    return stamps.some((one) => changedByOther(one, author, base)) ? {} : undefined;
  }
  const current: JsonObject = {};
  for (const change of changesOf(operation.data ?? {})) {
    if (stampsAt(subject, change.keys).some((one) => changedByOther(one, author, base))) {
      current[pathOf(change)] = getProperty(subject.data, change.keys) ?? null;
    }
  }
  return Object.keys(current).length > 0 ? current : undefined;
}
