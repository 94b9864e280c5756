import t from 'tap';
import {
  add,
  answerOf,
  ask,
  by,
  chat,
  configure,
  fold,
  itemOf,
  join,
  leave,
  on,
  operate,
  relay,
  roomOf,
  shown,
  update,
  write,
} from './entries.ts';

t.test(
  '[XO1] a command with an opId is applied once, and its repeat gets the first answer again',
  async (t) => {
    const state = roomOf('ada-1');
    const first = operate('ada-1', [add('a', { n: 1 })], { opId: 'o1' });
    t.strictSame(ask(state, first), { ok: true, version: 1 });
    fold(state, operate('ada-1', [update('a', { n: 2 })]));
    const effects = fold(state, { ...first, by: { ...first.by, ref: 7 } });
    t.strictSame(effects, [
      {
        kind: 'answer',
        op: 'sceneOperation',
        to: { connection: 'ada-1', userId: 'ada', ref: 7 },
        answer: { ok: true, version: 1 },
        opId: 'o1',
      },
    ]);
    t.strictSame(itemOf(state, 'a'), { n: 2 });
    t.equal(state.scene.version, 2);
  },
);

t.test('[XO1] also for texts and messages', async (t) => {
  const state = roomOf('ada-1');
  t.match(ask(state, write('ada-1', ['x'], 0, { opId: 'o1' })), { version: 1 });
  t.match(ask(state, write('ada-1', ['x'], 0, { opId: 'o1' })), { version: 1 });
  t.equal(state.texts.get('page')?.text, 'x');
  t.match(ask(state, chat('ada-1', 'm1', { opId: 'o2' })), { ok: true, id: 'm1' });
  t.match(ask(state, chat('ada-1', 'm2', { opId: 'o2' })), { ok: true, id: 'm1' });
  t.equal(state.messages.length, 1);
});

t.test('[XO1] a user’s opIds hold for all its connections, and for nobody else', async (t) => {
  const state = roomOf('ada-1', 'ada-2', 'bob-1');
  fold(state, chat('ada-1', 'm1', { opId: 'o1' }));
  t.match(ask(state, chat('ada-2', 'm2', { opId: 'o1' })), { id: 'm1' });
  t.match(ask(state, chat('bob-1', 'm3', { opId: 'o1' })), { id: 'm3' });
});

t.test('[XO1] a refusal is an answer, too', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  const attempt = operate('ada-1', [update('a', { n: 1 })], { opId: 'o1' });
  t.match(ask(state, attempt), { code: 'NOT_FOUND' });
  fold(state, operate('bob-1', [add('a')]));
  t.match(ask(state, attempt), { code: 'NOT_FOUND' }, 'though it would be accepted now');
  fold(state, on('select', 'bob-1', 'a'));
  const locked = operate('ada-1', [update('a', { n: 1 })], { opId: 'o2' });
  const answer = { code: 'CONFLICT', details: { thing: 'a', lockedBy: 'bob' } };
  t.match(ask(state, locked), answer);
  t.match(ask(state, locked), answer);
});

t.test('[XO1] of a VERSION_CONFLICT the current values are not repeated', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, operate('ada-1', [add('a')]), operate('bob-1', [update('a', { n: 1 })]));
  const attempt = operate('ada-1', [update('a', { n: 2 })], { opId: 'o1', version: 1 });
  t.match(ask(state, attempt), { code: 'VERSION_CONFLICT', details: { current: { n: 1 }, version: 2 } });
  t.strictSame(ask(state, attempt), {
    ok: false,
    code: 'VERSION_CONFLICT',
    details: { path: 'operation.data', item: 'a', version: 2 },
  });
});

t.test(
  '[XO1] who is not in the room is not answered from memory, and what it tries is not remembered',
  async (t) => {
    const state = roomOf('ada-1');
    fold(state, chat('ada-1', 'm1', { opId: 'o1' }), leave('ada-1'));
    t.match(ask(state, chat('ada-1', 'm1', { opId: 'o1' })), { code: 'NOT_JOINED' });
    t.match(ask(state, chat('ada-1', 'm2', { opId: 'o2' })), { code: 'NOT_JOINED' });
    fold(state, join('ada-2'));
    t.match(ask(state, chat('ada-2', 'm3', { opId: 'o1' })), { id: 'm1' });
    t.match(ask(state, chat('ada-2', 'm3', { opId: 'o2' })), { id: 'm3' });
  },
);

t.test('[XO2] of a user the latest KEPT_OP_IDS are remembered', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, configure(state, { KEPT_OP_IDS: 2 }), chat('bob-1', 'b1', { opId: 'o1' }));
  for (const n of [1, 2, 3]) fold(state, chat('ada-1', `m${n}`, { opId: `o${n}` }));
  t.match(ask(state, chat('ada-1', 'again', { opId: 'o2' })), { id: 'm2' });
  t.match(ask(state, chat('ada-1', 'again', { opId: 'o3' })), { id: 'm3' });
  t.match(ask(state, chat('ada-1', 'again', { opId: 'o1' })), { id: 'again' }, 'the oldest was forgotten');
  t.match(ask(state, chat('bob-1', 'again', { opId: 'o1' })), { id: 'b1' }, 'others’ are kept apart');
});

t.test('[XO2] of users the KEPT_OP_ID_USERS that wrote last are remembered', async (t) => {
  const state = roomOf('ada-1', 'bob-1', 'eve-1');
  fold(state, configure(state, { KEPT_OP_ID_USERS: 2 }));
  fold(state, chat('ada-1', 'a1', { opId: 'o1' }), chat('bob-1', 'b1', { opId: 'o1' }));
  fold(state, chat('ada-1', 'a2', { opId: 'o2' }), chat('eve-1', 'e1', { opId: 'o1' }));
  t.strictSame([...state.answers.keys()], ['ada', 'eve']);
  t.match(ask(state, chat('ada-1', 'again', { opId: 'o1' })), { id: 'a1' });
  t.match(ask(state, chat('bob-1', 'again', { opId: 'o1' })), { id: 'again' });
});

t.test('[XO2] lower limits are kept to with the next command', async (t) => {
  const state = roomOf('ada-1');
  for (const n of [1, 2, 3, 4, 5]) fold(state, chat('ada-1', `m${n}`, { opId: `o${n}` }));
  fold(state, configure(state, { KEPT_OP_IDS: 2 }), chat('ada-1', 'm6', { opId: 'o6' }));
  t.strictSame([...(state.answers.get('ada')?.keys() ?? [])], ['o5', 'o6']);
});

t.test('[XO1] an empty operation is applied once, too', async (t) => {
  const state = roomOf('ada-1');
  const nothing = operate('ada-1', [{ type: 'update', target: 'scene', data: {} }], { opId: 'o1' });
  t.strictSame(shown(fold(state, nothing)), []);
  t.strictSame(answerOf(fold(state, nothing)), { ok: true, version: 1 });
  t.equal(state.scene.version, 1);
});

t.test(
  '[ER1] every answer to a command with an opId names it, also where it cannot be carried out',
  async (t) => {
    const stranger = { ...operate('eve-1', [add('a')]), opId: 'o1' };
    const answer = { ok: false, code: 'NOT_JOINED' };
    t.match(fold(roomOf('ada-1'), stranger), [{ kind: 'answer', answer, opId: 'o1' }]);
    t.match(fold(roomOf('ada-1'), { ...relay('eve-1', 'e1'), opId: 'o1' }), [{ answer, opId: 'o1' }]);
    const broken = roomOf('ada-1');
    Object.assign(broken, { scene: undefined });
    t.match(fold(broken, { ...stranger, by: by('ada-1') }), [
      { kind: 'fault' },
      { kind: 'answer', answer: { ok: false, code: 'INTERNAL' }, opId: 'o1' },
    ]);
  },
);
