import t from 'tap';
import { add, ask, fold, itemOf, on, operate, remove, roomOf, update, updateScene } from './entries.ts';

/** An item that both have seen at version 1. */
function shared(data: Record<string, unknown> = { color: 'red', size: 1 }) {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, operate('ada-1', [add('a', data)]));
  return state;
}

t.test(
  '[SC5] a property that somebody else changed after the version is refused, with what it is now',
  async (t) => {
    const state = shared();
    fold(state, operate('bob-1', [update('a', { color: 'blue' })]));
    t.strictSame(ask(state, operate('ada-1', [update('a', { color: 'green', size: 2 })], { version: 1 })), {
      ok: false,
      code: 'VERSION_CONFLICT',
      details: { path: 'operation.data', item: 'a', version: 2, current: { color: 'blue' } },
    });
    t.strictSame(itemOf(state, 'a'), { color: 'blue', size: 1 });
  },
);

t.test('[SC5] other properties of the same item do not conflict', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [update('a', { color: 'blue' })]));
  t.match(ask(state, operate('ada-1', [update('a', { size: 2 })], { version: 1 })), { ok: true, version: 3 });
});

t.test('[SC5] what I changed myself does not conflict', async (t) => {
  const state = shared();
  fold(state, operate('ada-1', [update('a', { color: 'blue' })]));
  t.match(ask(state, operate('ada-1', [update('a', { color: 'green' })], { version: 1 })), { ok: true });
});

t.test('[SC5] changed by somebody else and then by myself still conflicts', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [update('a', { color: 'blue' })]));
  fold(
    state,
    operate('ada-1', [update('a', { color: 'green' })]),
    operate('ada-1', [update('a', { color: 'grey' })]),
  );
  t.match(ask(state, operate('ada-1', [update('a', { color: 'pink' })], { version: 1 })), {
    code: 'VERSION_CONFLICT',
    details: { current: { color: 'grey' } },
  });
  t.match(ask(state, operate('ada-1', [update('a', { color: 'pink' })], { version: 2 })), { ok: true });
});

t.test('[SC5] changed by myself and then by somebody else conflicts for both', async (t) => {
  const state = shared();
  fold(
    state,
    operate('ada-1', [update('a', { color: 'blue' })]),
    operate('bob-1', [update('a', { color: 'green' })]),
  );
  t.match(ask(state, operate('ada-1', [update('a', { color: 1 })], { version: 2 })), {
    code: 'VERSION_CONFLICT',
  });
  t.match(ask(state, operate('bob-1', [update('a', { color: 1 })], { version: 1 })), {
    code: 'VERSION_CONFLICT',
  });
  t.match(ask(state, operate('bob-1', [update('a', { color: 1 })], { version: 2 })), { ok: true });
});

t.test('[SC5] a whole conflicts with its parts and a part with its whole', async (t) => {
  const whole = { transform: { position: null } };
  const cases: [string, Record<string, unknown>, Record<string, unknown>, boolean][] = [
    ['the same axis under both names', { position_x: 2 }, { transform: { position: { x: 3 } } }, true],
    ['another axis', { position_x: 2 }, { position_y: 3 }, false],
    ['another group', { position_x: 2 }, { rotation_x: 3 }, false],
    ['a group after its axis', { position_x: 2 }, whole, true],
    ['an axis after its group', whole, { position_x: 2 }, true],
    ['the transform after an axis', { scale_z: 2 }, { transform: 0 }, true],
    ['an axis after the transform', { transform: 0 }, { scale_z: 2 }, true],
    ['a group after another group', { transform: { rotation: 0 } }, whole, false],
    ['a name that only begins alike', { colors: 1 }, { color: 2 }, false],
    ['a name with a dot is no part', { 'color.hue': 1 }, { color: 2 }, false],
    ['a name that spells a path is not the path', { 'transform.position.x': 1 }, { position_x: 2 }, false],
  ];
  for (const [what, theirs, mine, conflicts] of cases) {
    const state = shared({ position_x: 0 });
    fold(state, operate('bob-1', [update('a', theirs)]));
    const answer = ask(state, operate('ada-1', [update('a', mine)], { version: 1 }));
    t.match(answer, conflicts ? { code: 'VERSION_CONFLICT' } : { ok: true }, what);
  }
});

t.test('[SC5] without a version the later write wins, property by property', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [update('a', { color: 'blue', size: 3 })]));
  t.match(ask(state, operate('ada-1', [update('a', { color: 'green' })])), { ok: true });
  t.strictSame(itemOf(state, 'a'), { color: 'green', size: 3 });
});

t.test('[SC5] a removal conflicts with any change of the item', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [update('a', { color: 'blue' })]));
  t.match(ask(state, operate('ada-1', [remove('a')], { version: 1 })), { code: 'VERSION_CONFLICT' });
  t.match(ask(state, operate('bob-1', [remove('a')], { version: 1 })), { ok: true });
});

t.test('[SC5] an item that somebody made anew is another one', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [remove('a'), add('a', { color: 'blue' })]));
  t.match(ask(state, operate('ada-1', [update('a', { color: 'x' })], { version: 1 })), {
    code: 'VERSION_CONFLICT',
  });
  t.match(ask(state, operate('ada-1', [remove('a')], { version: 1 })), { code: 'VERSION_CONFLICT' });
  t.match(ask(state, operate('ada-1', [update('a', { color: 'x' })], { version: 3 })), { ok: true });
});

t.test('[SC5] the scene’s own properties conflict likewise', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [updateScene({ title: 'his' })]));
  t.strictSame(ask(state, operate('ada-1', [updateScene({ title: 'mine' })], { version: 1 })), {
    ok: false,
    code: 'VERSION_CONFLICT',
    details: { path: 'operation.data', version: 2, current: { title: 'his' } },
  });
});

t.test('[SC5] the current value of what is gone is null', async (t) => {
  const state = shared({ position_x: 1 });
  fold(state, operate('bob-1', [update('a', { transform: { position: null } })]));
  t.match(ask(state, operate('ada-1', [update('a', { position_x: 2 })], { version: 1 })), {
    details: { current: { 'transform.position.x': null } },
  });
});

t.test('[SC5] a version ahead of the room is unknown to it', async (t) => {
  const state = shared();
  t.strictSame(ask(state, operate('ada-1', [update('a', { color: 1 })], { version: 2 })), {
    ok: false,
    code: 'VERSION_UNKNOWN',
    details: { path: 'version', version: 1 },
  });
});

t.test('[SC4] [SC5] one operation in conflict refuses the whole command', async (t) => {
  const state = shared();
  fold(state, operate('bob-1', [update('a', { color: 'blue' })]));
  const answer = ask(state, operate('ada-1', [add('b'), update('a', { color: 1 })], { version: 1 }));
  t.match(answer, { code: 'VERSION_CONFLICT', details: { path: 'operations[1].data' } });
  t.notOk(state.scene.items.has('b'));
});

t.test('[SL3] an operation on what somebody else holds is refused with who it is', async (t) => {
  const state = shared();
  fold(state, on('select', 'bob-1', 'a'), on('select', 'ada-1', 'a'));
  for (const operation of [update('a', { color: 1 }), remove('a')]) {
    t.strictSame(ask(state, operate('ada-1', [add('b'), operation])), {
      ok: false,
      code: 'CONFLICT',
      details: { thing: 'a', lockedBy: 'bob' },
    });
  }
  t.notOk(state.scene.items.has('b'));
  t.match(
    ask(state, operate('ada-1', [updateScene({ title: 1 })])),
    { ok: true },
    'the scene cannot be held',
  );
  t.match(ask(state, operate('bob-1', [update('a', { color: 1 })])), { ok: true });
  fold(state, on('unselect', 'bob-1', 'a'));
  t.match(
    ask(state, operate('bob-1', [update('a', { color: 2 })])),
    { code: 'CONFLICT' },
    'the next in line holds it',
  );
  t.match(ask(state, operate('ada-1', [update('a', { color: 2 })])), { ok: true });
});

t.test('[SL3] an item that is yet to be can be held, too', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, on('select', 'bob-1', 'new'));
  t.match(ask(state, operate('ada-1', [add('new')])), { code: 'CONFLICT' });
  t.match(ask(state, operate('bob-1', [add('new')])), { ok: true });
});
