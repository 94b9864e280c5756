import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { SmallMap } from '../server/small-map.ts';

const key = fc.constantFrom('a', 'b', 'c');
const acts = fc.array(
  fc.oneof(
    fc.record({ act: fc.constant('set' as const), key, value: fc.nat(9).map((n) => ({ n })) }),
    fc.record({ act: fc.constant('delete' as const), key }),
    fc.record({ act: fc.constant('clear' as const) }),
  ),
  { maxLength: 12 },
);

/** All that can be seen of one. */
const shown = (map: Pick<Map<string, object>, 'size' | 'get' | 'has' | 'values'>) => ({
  size: map.size,
  values: [...map.values()],
  entries: ['a', 'b', 'c'].map((key) => [map.has(key), map.get(key)]),
});

t.test('it holds what a Map would hold, in the same order, whatever is done to it', async (t) => {
  const same = fc.property(acts, (acts) => {
    const [small, map] = [new SmallMap<string, object>(), new Map<string, object>()];
    for (const one of acts) {
      if (one.act === 'delete') deepEqual(small.delete(one.key), map.delete(one.key));
      for (const each of [small, map]) {
        if (one.act === 'set') each.set(one.key, one.value);
        else if (one.act === 'clear') each.clear();
      }
      deepEqual(shown(small as unknown as typeof map), shown(map));
    }
  });
  t.doesNotThrow(() => fc.assert(same));
});

t.test('what is deleted while its values are gone through is not met any more', async (t) => {
  for (const keys of [['a'], ['a', 'b', 'c']]) {
    const small = new SmallMap<string, { key: string }>();
    for (const key of keys) small.set(key, { key });
    const met: string[] = [];
    for (const { key } of small.values()) {
      met.push(key);
      for (const one of keys) small.delete(one);
    }
    t.same(met, ['a']);
  }
});
