import type { JsonObject, Operation } from '../../protocol/index.ts';
import type { Random } from './random.ts';

export const things = ['sun', 'moon', 'mars'] as const;

const values = [null, true, 0, 1, 2.5, 'red', 'blue', [1, 2], { deep: { er: 1 } }, {}, []] as const;

/** Properties, their short names, and wholes of which others are parts. */
const properties: readonly ((value: unknown) => JsonObject)[] = [
  (value) => ({ color: value }),
  (value) => ({ 'a.b': value }),
  (value) => ({ transform: value }),
  (value) => ({ transform: { position: value } }),
  (value) => ({ transform: { position: { x: value } } }),
  (value) => ({ transform: { position: { x: value, y: value } } }),
  (value) => ({ transform: { rotation: { y: value }, 'position.x': value } }),
  (value) => ({ position_x: value }),
  (value) => ({ position_y: value, scale_z: value }),
  (value) => ({ 'transform.position.x': value }),
];

export function chooseData(random: Random): JsonObject {
  const data: JsonObject = {};
  for (let parts = random.below(3); parts >= 0; parts--) {
    Object.assign(data, random.pick(properties)(random.pick(values)));
  }
  return data;
}

/** Most of them fit, given which items there are. */
export function chooseOperation(items: ReadonlySet<string>, random: Random): Operation {
  if (random.chance(0.15)) return { type: 'update', target: 'scene', data: chooseData(random) };
  const id = random.pick(things);
  const fits = items.has(id) ? random.pick(['update', 'update', 'remove'] as const) : 'add';
  const type = random.chance(0.03) ? random.pick(['add', 'update', 'remove'] as const) : fits;
  return { type, target: 'item', id, ...(type === 'remove' ? {} : { data: chooseData(random) }) };
}

export function chooseBatch(known: Iterable<string>, count: number, random: Random): Operation[] {
  const items = new Set(known);
  return Array.from({ length: count }, () => {
    const operation = chooseOperation(items, random);
    if (operation.type === 'add') items.add(operation.id as string);
    if (operation.type === 'remove') items.delete(operation.id as string);
    return operation;
  });
}
