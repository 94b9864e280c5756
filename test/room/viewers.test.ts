import t from 'tap';
import { ask, configure, fold, join, leave, on, roomOf } from './entries.ts';

const viewing = (connection: string, thing: string, views: boolean) => ({
  kind: 'viewing',
  connection,
  thing,
  views,
});

t.test('[VW1] a connection views a thing from its join_viewer to its leave_viewer', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  t.match(fold(state, on('join_viewer', 'ada-1', 'sun')), [
    viewing('ada-1', 'sun', true),
    { kind: 'answer' },
  ]);
  t.strictSame([...(state.viewers.get('sun') ?? [])], ['ada-1'], 'the connection, not the user');
  t.match(fold(state, on('join_viewer', 'ada-1', 'sun')), [
    viewing('ada-1', 'sun', true),
    { kind: 'answer' },
  ]);
  t.match(fold(state, on('leave_viewer', 'ada-1', 'sun')), [
    viewing('ada-1', 'sun', false),
    { kind: 'answer' },
  ]);
  t.equal(state.viewers.size, 0);
  t.match(ask(state, on('leave_viewer', 'ada-1', 'sun')), { ok: true }, 'again');
});

t.test('[VW3] nothing stays behind when a connection leaves, breaks off or is replaced', async (t) => {
  const ends = {
    leave: leave('ada-1'),
    node: { type: 'nodeGone', at: 1, node: 'n2' } as const,
    replaced: join('ada-2', { replaces: ['ada-1'] }),
    evicted: join('ada-3', { guest: false }),
  };
  for (const [what, end] of Object.entries(ends)) {
    const state = roomOf('bob-1');
    fold(
      state,
      join('ada-1', { node: 'n2' }),
      on('join_viewer', 'ada-1', 'sun'),
      on('join_viewer', 'bob-1', 'sun'),
    );
    fold(state, end);
    t.strictSame(
      [...state.viewers].map(([thing, who]) => [thing, [...who]]),
      [['sun', ['bob-1']]],
      what,
    );
  }
});

t.test(
  '[VW3] whoever folds that a connection was replaced is told that it views nothing any more',
  async (t) => {
    const state = roomOf('ada-1');
    fold(state, on('join_viewer', 'ada-1', 'sun'));
    const effects = fold(state, join('ada-2', { replaces: ['ada-1'] }));
    t.strictSame(
      effects.filter(({ kind }) => kind === 'viewing'),
      [viewing('ada-1', 'sun', false)],
    );
  },
);

t.test('[VW1] a connection may view MAX_SELECTIONS things', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { MAX_SELECTIONS: 1 }), on('join_viewer', 'ada-1', 'sun'));
  t.match(ask(state, on('join_viewer', 'ada-1', 'moon')), { code: 'LIMIT_EXCEEDED' });
});
