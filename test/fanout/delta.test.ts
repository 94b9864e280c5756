import fc from 'fast-check';
import t from 'tap';
import type { Manifest, Operation } from '../../protocol/index.ts';
import { coalesce } from '../../server/fanout/coalesce.ts';
import { deltaOf } from '../../server/fanout/delta.ts';
import { apply } from '../../server/room/apply.ts';
import type { OperationsEffect } from '../../server/room/effect.ts';
import { operation } from '../room/arbitraries.ts';
import { add, relay, remove, roomOf, update } from '../room/entries.ts';
import { applyAll } from '../simulation/model-room.ts';

/** The delta of some entries, each of one list of operations. */
function delta(...entries: { relayed?: Operation[]; own?: Operation[] }[]) {
  let version = 0;
  const effects = entries.map(({ relayed, own = relayed ?? [] }): OperationsEffect => {
    const fromVersion = version;
    version += own.length;
    const effect = { kind: 'operations' as const, fromVersion, toVersion: version, operations: own };
    return relayed === undefined ? effect : { ...effect, relayed: true };
  });
  return deltaOf(effects, 9);
}

t.test('[SC2] all that some entries changed is one delta; of none there is none', async (t) => {
  t.equal(delta(), undefined);
  t.match(delta({ own: [add('a')] }, { relayed: [add('b')] }), {
    offset: 9,
    fromVersion: 0,
    toVersion: 2,
    operations: [add('a'), add('b')],
  });
});

t.test('[EV1] where nothing was relayed, all is bare, and made once', async (t) => {
  const own = delta({ own: [update('a', { n: 1 })] }, { own: [update('a', { n: 2 })] });
  t.equal(own?.bare, own?.operations);
});

t.test('[EV1] what was relayed is not shown again beside its event', async (t) => {
  const both = delta(
    { relayed: [update('a', { n: 1 })] },
    { own: [update('b', { n: 2 })] },
    { relayed: [update('c', { n: 3 })] },
    { own: [update('b', { m: 4 })] },
  );
  t.strictSame(both?.bare, [update('b', { n: 2, m: 4 })]);
  t.equal(both?.operations.length, 3);
  t.equal(both?.bare, both?.bare, 'merged once');
  t.strictSame(delta({ relayed: [add('a')] })?.bare, []);
});

t.test('[EV1] what came last has the last word, relayed or not', async (t) => {
  const red = [update('a', { color: 'red' })];
  const blue = [update('a', { color: 'blue' })];
  t.strictSame(delta({ own: red }, { relayed: blue })?.bare, [...red, ...blue]);
  t.strictSame(delta({ relayed: blue }, { own: red })?.bare, red);
  t.strictSame(delta({ own: [add('a')] }, { relayed: [remove('a')] })?.bare, [add('a'), remove('a')]);
  t.strictSame(
    delta({ own: [add('a')] }, { relayed: blue }, { own: [remove('a')] })?.bare.at(-1),
    remove('a'),
  );
  t.strictSame(delta({ own: [remove('a')] }, { relayed: [add('a')] })?.bare, [remove('a'), add('a')]);
});

/** The scene as somebody has it who takes what fits: events may have told some of it before. */
function applyFitting(manifest: Manifest, operations: readonly Operation[]): void {
  for (const one of operations) {
    const exists = Object.hasOwn(manifest.items, one.id ?? '');
    if (one.target === 'scene') applyAll(manifest, [one]);
    else if (one.type !== 'remove') applyAll(manifest, [{ ...one, type: exists ? 'update' : 'add' }]);
    else if (exists) applyAll(manifest, [one]);
  }
}

t.test('[EV3] [DU2] events and then what is bare lead to the same scene as all operations', async () => {
  const entries = fc.array(
    fc.record({ isRelay: fc.boolean(), operations: fc.array(operation, { minLength: 1, maxLength: 3 }) }),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(entries, (list) => {
      const state = roomOf('ada-1');
      const [all, events]: Manifest[] = [
        { properties: {}, items: {} },
        { properties: {}, items: {} },
      ];
      if (all === undefined || events === undefined) return false;
      const effects: OperationsEffect[] = [];
      for (const [index, { isRelay, operations }] of list.entries()) {
        for (const effect of apply(state, relay('ada-1', `e${index}`, { operations }))) {
          if (effect.kind !== 'operations') continue;
          const { relayed: _, ...bare } = effect;
          effects.push(isRelay ? effect : bare);
          if (isRelay) applyFitting(events, effect.operations);
        }
      }
      applyAll(all, coalesce(effects.flatMap((one) => one.operations)));
      applyFitting(events, deltaOf(effects, 0)?.bare ?? []);
      return sorted(all) === sorted(events);
    }),
    { numRuns: 2000 },
  );
});

/** Items in the order of their ids, and properties in that of their names. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
