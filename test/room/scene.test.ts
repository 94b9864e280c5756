import t from 'tap';
import type { JsonObject, Operation } from '../../protocol/index.ts';
import {
  add,
  ask,
  configure,
  fold,
  itemOf,
  operate,
  remove,
  roomOf,
  shown,
  update,
  updateScene,
} from './entries.ts';

t.test('[SC1] the version counts operations, not commands', async (t) => {
  const state = roomOf('ada-1');
  t.strictSame(ask(state, operate('ada-1', [add('a'), add('b'), update('a', { color: 1 })])), {
    ok: true,
    version: 3,
  });
  t.strictSame(ask(state, operate('ada-1', [updateScene({ title: 'x' })])), { ok: true, version: 4 });
});

t.test('[SC3] short names, paths and wholes of a transform, in any order', async (t) => {
  const cases: [string, JsonObject[], JsonObject][] = [
    ['a short name is stored under its path', [{ position_x: 1 }], { transform: { position: { x: 1 } } }],
    [
      'axes are merged',
      [{ position_x: 1 }, { transform: { position: { y: 2 } } }, { scale_z: 3, rotation_w: 4 }],
      { transform: { position: { x: 1, y: 2 }, scale: { z: 3 }, rotation: { w: 4 } } },
    ],
    ['a path after the short name', [{ position_x: 1 }, { transform: { position: { x: 2 } } }], at({ x: 2 })],
    ['the short name after a path', [{ transform: { position: { x: 2 } } }, { position_x: 1 }], at({ x: 1 })],
    [
      'both in one operation: the later wins',
      [{ position_x: 1, transform: { position: { x: 2 } } }],
      at({ x: 2 }),
    ],
    ['the other way round', [{ transform: { position: { x: 2 } }, position_x: 1 }], at({ x: 1 })],
    [
      'the later wins, also where it changes nothing',
      [{ position_x: 2 }, { position_x: 1, transform: { position: { x: 2 } } }],
      at({ x: 2 }),
    ],
    [
      'a whole takes the place of its parts',
      [{ position_x: 1 }, { transform: { position: null } }],
      at(null),
    ],
    [
      'a part takes the place of what is no whole',
      [{ transform: { position: [1] } }, { position_y: 1 }],
      at({ y: 1 }),
    ],
    [
      'a whole and then its part in one operation',
      [
        { position_x: 5, position_y: 6 },
        { transform: { position: null }, position_x: 5 },
      ],
      at({ x: 5 }),
    ],
    ['a transform that is no object', [{ position_x: 1 }, { transform: 'none' }], { transform: 'none' }],
    ['a part of that', [{ transform: 'none' }, { position_x: 1 }], at({ x: 1 })],
    ['an empty transform sets nothing', [{ position_x: 1 }, { transform: {} }], at({ x: 1 })],
    [
      'names that look alike',
      [{ position_q: 1, positions_x: 2, Position_x: 3 }],
      { position_q: 1, positions_x: 2, Position_x: 3 },
    ],
    [
      'a property with dots in its name is another one',
      [{ position_x: 1 }, { 'transform.position.x': 2 }],
      { ...at({ x: 1 }), 'transform.position.x': 2 },
    ],
  ];
  for (const [what, updates, stored] of cases) {
    const state = roomOf('ada-1');
    fold(
      state,
      operate('ada-1', [add('a')]),
      ...updates.map((data) => operate('ada-1', [update('a', data)])),
    );
    t.strictSame(itemOf(state, 'a'), stored, what);
    const added = roomOf('ada-1');
    fold(
      added,
      operate('ada-1', [add('a', updates[0])]),
      ...updates.slice(1).map((data) => operate('ada-1', [update('a', data)])),
    );
    t.strictSame(itemOf(added, 'a'), stored, `${what}, the first by the add`);
  }
});

const at = (position: unknown) => ({ transform: { position } });

t.test('[SC3] others see a change in the form in which it came', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a')]));
  const change = { position_x: 1, transform: { rotation: { y: 2 } }, color: 'red' };
  t.strictSame(shown(fold(state, operate('ada-1', [update('a', change)]))), [update('a', change)]);
});

t.test(
  '[SC3] what an item is added with reaches others as it is stored: a group without axes is nothing',
  async (t) => {
    const state = roomOf('ada-1');
    const data = { transform: { position: {}, scale: { x: 1 } }, rotation_y: 2 };
    const visible = shown(fold(state, operate('ada-1', [add('a', data)])));
    t.strictSame(visible, [add('a', { id: 'a', transform: { scale: { x: 1 } }, rotation_y: 2 })]);
    t.strictSame(itemOf(state, 'a'), { transform: { scale: { x: 1 }, rotation: { y: 2 } } });
  },
);

t.test('[SC3] values are kept as given, and null is one', async (t) => {
  const state = roomOf('ada-1');
  const data = {
    a: null,
    b: false,
    c: 0,
    d: '',
    e: [],
    f: {},
    g: { h: [null, { i: 1 }] },
    ключ: '\u{1f600}',
    1e-7: 2,
  };
  fold(state, operate('ada-1', [add('a', data), updateScene(data)]));
  t.strictSame(itemOf(state, 'a'), data);
  t.strictSame(state.scene.properties.data, data);
  t.strictSame(shown(fold(state, operate('ada-1', [update('a', { a: 1 })]))), [update('a', { a: 1 })]);
  t.strictSame(shown(fold(state, operate('ada-1', [update('a', { a: null })]))), [update('a', { a: null })]);
});

t.test('[SC3] the id of an item is not a property that an update can change', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a', { id: 'a' })]));
  t.strictSame(shown(fold(state, operate('ada-1', [update('a', { id: 'b' })]))), []);
  t.strictSame(state.scene.items.get('a')?.data, { id: 'a' });
  fold(state, operate('ada-1', [updateScene({ id: 'mine' })]));
  t.strictSame(state.scene.properties.data, {});
});

t.test(
  '[TK3] values that do not change are not in what others see, but the version counts them',
  async (t) => {
    const state = roomOf('ada-1');
    fold(state, operate('ada-1', [add('a', { color: 'red', list: [1, { b: 2 }], position_x: 1 })]));
    const same = { color: 'red', list: [1, { b: 2 }], transform: { position: { x: 1 } } };
    const effects = fold(state, operate('ada-1', [update('a', { ...same, size: 2 })]));
    t.strictSame(shown(effects), [update('a', { size: 2 })]);
    t.match(
      fold(state, operate('ada-1', [update('a', same)])).find((one) => one.kind === 'operations'),
      { fromVersion: 2, toVersion: 3, operations: [] },
    );
  },
);

t.test('[SC6] an item is added once, and only what is there is updated or removed', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a')]));
  t.match(ask(state, operate('ada-1', [add('a')])), { code: 'ALREADY_EXISTS', details: { item: 'a' } });
  t.match(ask(state, operate('ada-1', [update('b', {})])), { code: 'NOT_FOUND', details: { item: 'b' } });
  t.match(ask(state, operate('ada-1', [remove('b')])), { code: 'NOT_FOUND' });
  t.match(ask(state, operate('ada-1', [remove('a')])), { ok: true });
  t.match(ask(state, operate('ada-1', [update('a', {})])), { code: 'NOT_FOUND' });
  t.match(ask(state, operate('ada-1', [add('a', { new: 1 })])), { ok: true });
  t.strictSame(itemOf(state, 'a'), { new: 1 }, 'nothing is left of the one before');
});

t.test('[SC6] an item may take its id from its data', async (t) => {
  const state = roomOf('ada-1');
  const effects = fold(
    state,
    operate('ada-1', [{ type: 'add', target: 'item', data: { id: 'a', color: 1 } }]),
  );
  t.strictSame(shown(effects), [{ type: 'add', target: 'item', id: 'a', data: { id: 'a', color: 1 } }]);
});

t.test('[SC4] the operations of one command are accepted all or none', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a', { n: 0 })]));
  const before = structuredClone(state.scene);
  const refusal = ask(state, operate('ada-1', [update('a', { n: 1 }), remove('a'), update('a', { n: 2 })]));
  t.match(refusal, { code: 'NOT_FOUND', details: { path: 'operations[2].id', item: 'a' } });
  t.strictSame(state.scene, before);
});

t.test('[SC4] one command may add, update, remove and add an item again', async (t) => {
  const state = roomOf('ada-1');
  const batch = [
    add('a', { n: 1 }),
    update('a', { n: 2, m: 1 }),
    remove('a'),
    add('a', { n: 3 }),
    update('a', { k: 1 }),
  ];
  t.strictSame(ask(state, operate('ada-1', batch)), { ok: true, version: 5 });
  t.strictSame(itemOf(state, 'a'), { n: 3, k: 1 });
  t.match(ask(state, operate('ada-1', [remove('a'), add('a'), add('a')])), { code: 'ALREADY_EXISTS' });
  t.match(ask(state, operate('ada-1', [add('b'), remove('b'), remove('b')])), { code: 'NOT_FOUND' });
});

t.test('[SC7] a scene has at most MAX_ITEMS items', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { MAX_ITEMS: 2 }), operate('ada-1', [add('a'), add('b')]));
  t.match(ask(state, operate('ada-1', [add('c')])), {
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'MAX_ITEMS' },
  });
  t.match(ask(state, operate('ada-1', [remove('a'), add('c')])), { ok: true });
  t.match(
    ask(state, operate('ada-1', [add('d'), remove('d')])),
    { code: 'LIMIT_EXCEEDED' },
    'not even for a moment',
  );
});

t.test('[SC7] a scene has at most about MAX_SCENE_BYTES, and may always shrink', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { MAX_SCENE_BYTES: 1000 }));
  const text = (length: number) => 'x'.repeat(length);
  t.match(ask(state, operate('ada-1', [add('a', { text: text(600) })])), { ok: true });
  t.match(ask(state, operate('ada-1', [add('b', { text: text(600) })])), {
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'MAX_SCENE_BYTES' },
  });
  t.match(ask(state, operate('ada-1', [updateScene({ text: text(600) })])), { code: 'LIMIT_EXCEEDED' });
  t.match(ask(state, operate('ada-1', [update('a', { text: text(900) })])), { ok: true });
  fold(state, configure(state, { MAX_SCENE_BYTES: 100 }));
  t.match(
    ask(state, operate('ada-1', [update('a', { text: text(800) })])),
    { ok: true },
    'smaller, if not small',
  );
  t.match(ask(state, operate('ada-1', [update('a', { text: text(801) })])), { code: 'LIMIT_EXCEEDED' });
  t.match(ask(state, operate('ada-1', [remove('a')])), { ok: true });
  t.equal(state.scene.bytes, 0);
});

t.test(
  '[SC7] the bytes follow what is stored, also where wholes and parts take each other’s place',
  async (t) => {
    const state = roomOf('ada-1');
    fold(state, operate('ada-1', [add('a')]));
    const most = () => JSON.stringify(state.scene.items.get('a')?.data).length * 2 + 100;
    for (let round = 0; round < 50; round++) {
      fold(state, operate('ada-1', [update('a', { transform: { position: 'x'.repeat(500) } })]));
      fold(state, operate('ada-1', [update('a', { position_x: 'y'.repeat(100), position_y: 1 })]));
      t.ok(state.scene.bytes <= most(), `${state.scene.bytes} bytes after part over whole`);
      fold(state, operate('ada-1', [update('a', { transform: { position: null }, position_x: 'z' })]));
      t.ok(state.scene.bytes >= 0, `${state.scene.bytes} bytes after whole and part`);
      t.equal(state.scene.bytes, state.scene.items.get('a')?.bytes);
    }
  },
);

t.test('[SC7] what a command takes away counts once, however it says so', async (t) => {
  const text = (length: number) => 'x'.repeat(length);
  const tricks: [string, JsonObject, Operation[]][] = [
    [
      'the same shrink twice',
      { p: text(3000) },
      [update('a', { p: '' }), update('a', { p: '' }), update('a', { p: text(3000) })],
    ],
    [
      'a shrink, then the removal',
      { p: text(3000) },
      [update('a', { p: '' }), remove('a'), add('a', { p: text(3000) })],
    ],
    [
      'an axis under both of its names',
      { position_x: text(3000) },
      [
        update('a', { position_x: '', transform: { position: { x: '' } } }),
        update('a', { position_x: text(3000) }),
      ],
    ],
    [
      'an axis, then the whole that it is part of',
      { position_x: text(3000) },
      [
        update('a', { position_x: '', transform: { position: null } }),
        update('a', { position_x: text(3000) }),
      ],
    ],
  ];
  for (const [what, data, operations] of tricks) {
    const state = roomOf('ada-1');
    fold(state, operate('ada-1', [add('a', data)]));
    const full = state.scene.bytes;
    fold(state, configure(state, { MAX_SCENE_BYTES: full }));
    for (let round = 0; round < 5; round++) {
      const more = updateScene({ [`more${round}`]: text(2900) });
      t.match(ask(state, operate('ada-1', [...operations, more])), { code: 'LIMIT_EXCEEDED' }, what);
    }
    t.equal(state.scene.bytes, full, what);
    t.match(ask(state, operate('ada-1', operations)), { ok: true }, `${what}: by itself it fits`);
    t.equal(state.scene.bytes, full, what);
  }
});

t.test('[SC7] names count, also those of what an update makes on its way', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a', { p: 'x'.repeat(3000) })]));
  const full = state.scene.bytes;
  fold(state, configure(state, { MAX_SCENE_BYTES: full }));
  const grown = update('a', { p: 'x'.repeat(2900), transform: { ['y'.repeat(3000)]: { z: 1 } } });
  t.match(ask(state, operate('ada-1', [grown])), { code: 'LIMIT_EXCEEDED' });
  t.equal(state.scene.bytes, full);
});
