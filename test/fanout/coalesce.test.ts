import fc from 'fast-check';
import t from 'tap';
import { changesOf, type JsonObject, type Operation, setProperty } from '../../protocol/index.ts';
import { coalesce } from '../../server/fanout/coalesce.ts';
import { apply } from '../../server/room/apply.ts';
import { emptyRoom } from '../../server/room/state.ts';
import { operation } from '../room/arbitraries.ts';
import { add, join, operate, remove, shown, update, updateScene } from '../room/entries.ts';

interface Scene {
  properties: JsonObject;
  items: Map<string, JsonObject>;
}

/** As a client does it, from the rules SC3 and SC6. Throws where an operation does not fit. */
function applied(scene: Scene, operations: readonly Operation[]): Scene {
  for (const { type, target, id = '', data = {} } of structuredClone(operations) as Operation[]) {
    if (target === 'scene') {
      for (const { keys, value } of changesOf(data)) setProperty(scene.properties, keys, value);
      continue;
    }
    if (scene.items.has(id) === (type === 'add')) throw new Error(`${type} of ${id} does not fit`);
    if (type === 'remove') scene.items.delete(id);
    else {
      const item = scene.items.get(id) ?? { id };
      scene.items.set(id, item);
      for (const { keys, value } of changesOf(data)) setProperty(item, keys, value);
    }
  }
  return scene;
}

/** The scene, and the operations that others see after the first of them, of commands of which some are refused. */
function run(commands: Operation[][], before: number): { start: Scene; seen: Operation[]; end: Scene } {
  const state = emptyRoom();
  apply(state, join('ada-1'));
  const sceneNow = (): Scene =>
    structuredClone({
      properties: state.scene.properties.data,
      items: new Map([...state.scene.items].map(([id, item]) => [id, item.data])),
    });
  let start = sceneNow();
  const seen: Operation[] = [];
  for (const [index, operations] of commands.entries()) {
    if (index === before) start = sceneNow();
    const visible = shown(apply(state, operate('ada-1', operations))) ?? [];
    if (index >= before) seen.push(...structuredClone(visible));
  }
  return { start: before < commands.length ? start : sceneNow(), seen, end: sceneNow() };
}

const commands = fc.array(fc.array(operation, { minLength: 1, maxLength: 3 }), { maxLength: 25 });

t.test('[TK3] [SC2] merged operations lead to the same scene as all of them', async (t) => {
  fc.assert(
    fc.property(commands, fc.nat(10), (list, before) => {
      const { start, seen, end } = run(list, before);
      const merged = coalesce(seen);
      t.strictSame(applied(structuredClone(start), seen), end, 'as the room did');
      t.strictSame(applied(structuredClone(start), merged), end, 'as the room did, merged');
      return merged.length <= seen.length;
    }),
    { numRuns: 2000 },
  );
});

t.test('[TK3] merging twice, or in two parts, leads to the same scene', async (t) => {
  fc.assert(
    fc.property(commands, fc.nat(10), fc.nat(20), (list, before, cut) => {
      const { start, seen, end } = run(list, before);
      const parts = [...coalesce(seen.slice(0, cut)), ...coalesce(seen.slice(cut))];
      t.strictSame(applied(structuredClone(start), coalesce(parts)), end);
      t.strictSame(applied(structuredClone(start), coalesce(coalesce(seen))), end);
    }),
    { numRuns: 500 },
  );
});

t.test('[TK3] what is merged is not changed, nor is what comes out when it is changed', async () => {
  fc.assert(
    fc.property(commands, (list) => {
      const { seen } = run(list, 0);
      const before = JSON.stringify(seen);
      const merged = coalesce(seen);
      return JSON.stringify(seen) === before && JSON.stringify(coalesce(seen)) === JSON.stringify(merged);
    }),
    { numRuns: 500 },
  );
});

t.test('[TK3] the examples of the rule', async (t) => {
  const cases: [string, Operation[], Operation[]][] = [
    ['updates are merged', [update('a', { x: 1 }), update('a', { y: 2 })], [update('a', { x: 1, y: 2 })]],
    ['the last value wins', [update('a', { x: 1 }), update('a', { x: 2 })], [update('a', { x: 2 })]],
    [
      'add then update is one add',
      [add('a', { id: 'a', x: 1 }), update('a', { x: 2, y: 3 })],
      [add('a', { id: 'a', x: 2, y: 3 })],
    ],
    ['add then remove is nothing', [add('a', { id: 'a' }), remove('a')], []],
    ['add, update, remove is nothing', [add('a', { id: 'a' }), update('a', { x: 1 }), remove('a')], []],
    ['update then remove is one remove', [update('a', { x: 1 }), remove('a')], [remove('a')]],
    ['remove then add is both', [remove('a'), add('a', { id: 'a' })], [remove('a'), add('a', { id: 'a' })]],
    ['remove, add, remove is one remove', [remove('a'), add('a', { id: 'a' }), remove('a')], [remove('a')]],
    [
      'the latest form of a name stays',
      [update('a', { position_x: 1 }), update('a', { transform: { position: { x: 2 } } })],
      [update('a', { transform: { position: { x: 2 } } })],
    ],
    [
      'things are kept apart',
      [update('a', { x: 1 }), update('b', { x: 2 })],
      [update('a', { x: 1 }), update('b', { x: 2 })],
    ],
    [
      'also an item from the scene',
      [update('scene', { x: 1 }), updateScene({ x: 2 }), updateScene({ x: 3 })],
      [update('scene', { x: 1 }), updateScene({ x: 3 })],
    ],
    [
      'a whole takes its parts’ place',
      [update('a', { position_x: 1, color: 1 }), update('a', { transform: { position: null } })],
      [update('a', { color: 1, transform: { position: null } })],
    ],
    [
      'a part behind its whole cannot be told with it',
      [update('a', { transform: { position: null } }), update('a', { position_x: 1 })],
      [update('a', { transform: { position: null } }), update('a', { position_x: 1 })],
    ],
    [
      'a name with dots is no path',
      [update('a', { position_x: 1 }), update('a', { 'transform.position.x': 2 })],
      [update('a', { position_x: 1, 'transform.position.x': 2 })],
    ],
    ['one alone', [remove('a')], [remove('a')]],
    ['none', [], []],
  ];
  for (const [what, operations, merged] of cases) t.strictSame(coalesce(operations), merged, what);
});

t.test('[TK3] a thousand updates of one item are one', async (t) => {
  const updates = Array.from({ length: 1000 }, (_, n) => update('a', { position_x: n, position_y: -n }));
  t.strictSame(coalesce(updates), [update('a', { position_x: 999, position_y: -999 })]);
});

t.test('[TK3] of ten times as many that cancel out the merge looks at ten times as much', async (t) => {
  let looks = 0;
  const counted = (operation: Operation) =>
    new Proxy(operation, {
      get(one, name) {
        looks += 1;
        return Reflect.get(one, name);
      },
    });
  const looksAt = (count: number) => {
    const cancelling = Array.from({ length: count }, (_, at) => [
      counted(add(`${at}`, { id: `${at}` })),
      counted(remove(`${at}`)),
    ]).flat();
    looks = 0;
    t.strictSame(coalesce(cancelling), []);
    return looks;
  };
  t.equal(looksAt(4000), 10 * looksAt(400));
});
