import t from 'tap';
import { ask, configure, fold, join, leave, on, roomOf, usersOf } from './entries.ts';

/** But for `claims`, which only times locks. */
const kinds = (effects: readonly { kind: string }[]) =>
  effects.map((one) => one.kind).filter((kind) => kind !== 'claims');

t.test('[SL2] the first to select holds the lock, the next is told who does', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  t.strictSame(kinds(fold(state, on('select', 'ada-1', 'sun'))), ['selection', 'answer']);
  const effects = fold(state, on('select', 'bob-1', 'sun'));
  t.strictSame(kinds(effects), ['selection', 'answer', 'conflict']);
  t.match(effects.at(-1), { thing: 'sun', lockedBy: 'ada', to: { connection: 'bob-1' } });
  t.strictSame(usersOf(state, 'sun'), ['ada', 'bob']);
  t.strictSame(kinds(fold(state, on('select', 'ada-1', 'sun'))), ['answer'], 'again: nothing changes');
});

t.test(
  '[SL5] [SL6] the next in line holds the lock when the holder unselects, leaves or expires',
  async (t) => {
    const ends = {
      unselects: on('unselect', 'ada-1', 'sun'),
      leaves: leave('ada-1'),
      expires: { type: 'expire', at: 9, connection: 'ada-1', thing: 'sun' } as const,
      'is on a node that went away': { type: 'nodeGone', at: 9, node: 'ada’s' } as const,
    };
    for (const [what, end] of Object.entries(ends)) {
      const state = roomOf('bob-1', 'eve-1');
      fold(state, join('ada-1', { node: 'ada’s' }));
      fold(state, on('select', 'ada-1', 'sun'), on('select', 'bob-1', 'sun'), on('select', 'eve-1', 'sun'));
      t.ok(kinds(fold(state, end)).includes('selection'), what);
      t.strictSame(usersOf(state, 'sun'), ['bob', 'eve'], what);
    }
  },
);

t.test('[SL5] who waits in the middle may leave the line', async (t) => {
  const state = roomOf('ada-1', 'bob-1', 'eve-1');
  fold(
    state,
    ...['ada-1', 'bob-1', 'eve-1'].map((one) => on('select', one, 'sun')),
    on('unselect', 'bob-1', 'sun'),
  );
  t.strictSame(usersOf(state, 'sun'), ['ada', 'eve']);
});

t.test('[SL5] a thing that nobody has selected is forgotten', async (t) => {
  const state = roomOf('ada-1');
  fold(state, on('select', 'ada-1', 'sun'), on('unselect', 'ada-1', 'sun'));
  t.equal(state.selections.size, 0);
  t.strictSame(kinds(fold(state, on('unselect', 'ada-1', 'sun'))), ['answer'], 'again: nothing changes');
});

t.test('[RM4] [SL5] a user lets go with the last connection that selected', async (t) => {
  const state = roomOf('ada-1', 'ada-2', 'bob-1');
  fold(state, on('select', 'ada-1', 'sun'), on('select', 'bob-1', 'sun'), on('select', 'ada-2', 'sun'));
  t.strictSame(kinds(fold(state, on('unselect', 'ada-1', 'sun'))), ['answer']);
  t.strictSame(usersOf(state, 'sun'), ['ada', 'bob']);
  fold(state, leave('ada-2'));
  t.strictSame(usersOf(state, 'sun'), ['bob']);
});

t.test(
  '[PR3] [SL6] selections and their place in the line pass to the connection that comes back',
  async (t) => {
    const state = roomOf('ada-1', 'bob-1');
    fold(state, on('select', 'ada-1', 'sun'), on('select', 'bob-1', 'sun'), on('select', 'bob-1', 'moon'));
    const effects = fold(state, join('ada-2', { replaces: ['ada-1'] }));
    t.notOk(kinds(effects).includes('selection'), 'the others notice nothing');
    t.strictSame(usersOf(state, 'sun'), ['ada', 'bob']);
    fold(state, leave('ada-1'));
    t.strictSame(usersOf(state, 'sun'), ['ada', 'bob'], 'a late end of the old connection changes nothing');
    fold(state, leave('ada-2'));
    t.strictSame(usersOf(state, 'sun'), ['bob']);
  },
);

t.test('[SL4] a late expiry of an old connection ends nothing of the new one', async (t) => {
  const state = roomOf('ada-1');
  fold(state, on('select', 'ada-1', 'sun'), join('ada-2', { replaces: ['ada-1'] }));
  t.strictSame(kinds(fold(state, { type: 'expire', at: 9, connection: 'ada-1', thing: 'sun' })), []);
  t.strictSame(usersOf(state, 'sun'), ['ada']);
});

t.test('[SL2] a connection may select MAX_SELECTIONS things', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  fold(
    state,
    configure(state, { MAX_SELECTIONS: 2 }),
    on('select', 'ada-1', 'sun'),
    on('select', 'ada-1', 'moon'),
  );
  t.match(ask(state, on('select', 'ada-1', 'mars')), {
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'MAX_SELECTIONS' },
  });
  t.match(ask(state, on('select', 'ada-1', 'sun')), { ok: true }, 'what it has selected already');
  t.match(ask(state, on('select', 'ada-2', 'mars')), { ok: true }, 'another connection');
});
