import fc from 'fast-check';
import t from 'tap';
import { apply } from '../../server/room/apply.ts';
import { decodeSnapshot, encodeSnapshot } from '../../server/room/snapshot.ts';
import { emptyRoom, isBlank, type RoomState } from '../../server/room/state.ts';
import { history } from './arbitraries.ts';
import {
  add,
  ask,
  chat,
  configure,
  fold,
  itemOf,
  join,
  leave,
  on,
  operate,
  roomOf,
  update,
  write,
} from './entries.ts';

/** What a refusal must leave as it was: all but the count of entries and the memory of answers. */
function substance(state: RoomState): string {
  const { offset: _, answers: __, ...rest } = decodeSnapshot(encodeSnapshot(state));
  return encodeSnapshot({ offset: 0, answers: new Map(), ...rest });
}

t.test('[ER1] of any history a refused entry changes nothing', async () => {
  fc.assert(
    fc.property(history, (entries) => {
      const state = emptyRoom();
      for (const entry of entries) {
        const before = substance(state);
        const effects = apply(state, entry);
        const answer = effects.find((one) => one.kind === 'answer')?.answer;
        if (answer?.ok !== false) continue;
        if (effects.length !== 1 || substance(state) !== before) return false;
      }
      return true;
    }),
    { numRuns: 300 },
  );
});

t.test(
  '[DU2] of any history two folds reach the same state, with the same effects, and change no entry',
  async () => {
    fc.assert(
      fc.property(history, (entries) => {
        const text = JSON.stringify(entries);
        const [one, other] = [emptyRoom(), emptyRoom()];
        for (const entry of entries) {
          const copy = JSON.parse(JSON.stringify(entry));
          if (JSON.stringify(apply(one, entry)) !== JSON.stringify(apply(other, copy))) return false;
        }
        return encodeSnapshot(one) === encodeSnapshot(other) && JSON.stringify(entries) === text;
      }),
      { numRuns: 300 },
    );
  },
);

t.test('[NP4] in any history every command is answered once, and no fold fails', async () => {
  fc.assert(
    fc.property(history, (entries) => {
      const state = emptyRoom();
      return entries.every((entry, index) => {
        const effects = apply(state, entry);
        const answers = effects.filter((one) => one.kind === 'answer').length;
        const faults = effects.some((one) => one.kind === 'fault');
        return answers === ('by' in entry ? 1 : 0) && !faults && state.offset === index + 1;
      });
    }),
    { numRuns: 300 },
  );
});

t.test('[SL6] [VW3] [RM4] in any history only members hold, view and are counted', async () => {
  fc.assert(
    fc.property(history, (entries) => {
      const state = emptyRoom();
      return entries.every((entry) => {
        apply(state, entry);
        const sessions = new Map(
          [...state.members].flatMap(([userId, { sessions }]) =>
            [...sessions.keys()].map((one) => [one, userId]),
          ),
        );
        const claims = [...state.selections.values()].every(
          (line) =>
            line.length > 0 &&
            new Set(line.map((one) => one.userId)).size === line.length &&
            line.every(
              ({ userId, connections }) =>
                connections.size > 0 && [...connections].every((one) => sessions.get(one) === userId),
            ),
        );
        const views = [...state.viewers.values()].every(
          (who) => who.size > 0 && [...who].every((one) => sessions.has(one)),
        );
        return claims && views && [...state.members.values()].every((one) => one.sessions.size > 0);
      });
    }),
    { numRuns: 300 },
  );
});

t.test('[SC1] [SC2] in any history the deltas are contiguous', async () => {
  fc.assert(
    fc.property(history, (entries) => {
      const state = emptyRoom();
      let version = 0;
      return entries.every((entry) => {
        for (const effect of apply(state, entry)) {
          if (effect.kind !== 'operations') continue;
          if (effect.fromVersion !== version || effect.toVersion <= version) return false;
          version = effect.toVersion;
        }
        return state.scene.version === version;
      });
    }),
    { numRuns: 300 },
  );
});

t.test('[DU2] lower limits undo nothing that was accepted under higher ones', async (t) => {
  const state = roomOf('ada-1', 'ada-2', 'bob-1');
  fold(
    state,
    operate('ada-1', [add('a', { n: 1 }), add('b')]),
    write('ada-1', ['hello'], 0),
    on('select', 'ada-1', 'a'),
  );
  fold(state, on('select', 'ada-1', 'b'), chat('ada-1', 'm1'), chat('ada-1', 'm2'));
  const before = substance(state);
  const low = {
    MAX_USER_SESSIONS: 1,
    MAX_SELECTIONS: 1,
    MAX_ITEMS: 1,
    MAX_SCENE_BYTES: 10,
    MAX_DOCUMENTS: 1,
    MAX_TEXT_LENGTH: 1,
    KEPT_MESSAGES: 1,
  };
  fold(state, configure(state, low));
  const { limits } = roomOf();
  t.equal(substance({ ...state, limits }), before);
  t.match(
    ask(state, operate('ada-1', [update('a', { n: 2 })])),
    { ok: true },
    'what does not grow is accepted',
  );
  t.strictSame(itemOf(state, 'a'), { n: 2 });
  t.match(ask(state, join('ada-2')), { ok: true });
  t.match(ask(state, on('select', 'ada-1', 'a')), { ok: true });
});

t.test('[DU2] limits are part of the history: each entry is judged by those before it', async (t) => {
  const entries = [
    join('ada-1'),
    operate('ada-1', [add('a'), add('b')]),
    configure(emptyRoom(), { MAX_ITEMS: 1 }),
  ];
  const state = emptyRoom();
  t.match(ask(state, ...entries, operate('ada-1', [add('c')])), { code: 'LIMIT_EXCEEDED' });
  t.strictSame([...state.scene.items.keys()], ['a', 'b']);
});

t.test(
  '[CH1] [CH2] messages have the id and time of their entry; the latest KEPT_MESSAGES are kept',
  async (t) => {
    const state = roomOf('ada-1');
    fold(state, configure(state, { KEPT_MESSAGES: 2 }));
    for (const id of ['m1', 'm2', 'm3']) fold(state, chat('ada-1', id, { metadata: { id } }));
    t.strictSame(
      state.messages.map((one) => one.id),
      ['m2', 'm3'],
    );
    t.strictSame(state.messages[1], {
      id: 'm3',
      userId: 'ada',
      userName: 'ADA',
      text: 'text of m3',
      kind: 'comment',
      metadata: { id: 'm3' },
      timestamp: 6,
    });
  },
);

t.test('[CH2] a lower KEPT_MESSAGES is kept to with the next message', async (t) => {
  const state = roomOf('ada-1');
  for (const id of ['m1', 'm2', 'm3', 'm4']) fold(state, chat('ada-1', id));
  fold(state, configure(state, { KEPT_MESSAGES: 2 }), chat('ada-1', 'm5'));
  t.strictSame(
    state.messages.map((one) => one.id),
    ['m4', 'm5'],
  );
});

t.test('[TX4] a lower KEPT_TEXT_OPERATIONS is kept to with the next operation', async (t) => {
  const state = roomOf('ada-1');
  for (let version = 0; version < 5; version++) fold(state, write('ada-1', ['x'], version));
  fold(state, configure(state, { KEPT_TEXT_OPERATIONS: 2 }), write('ada-1', ['y'], 5));
  t.equal(state.texts.get('page')?.history.length, 2);
});

t.test('[RM1] a room is blank until something was kept of it', async (t) => {
  const state = roomOf('ada-1');
  fold(
    state,
    on('select', 'ada-1', 'a'),
    on('join_viewer', 'ada-1', 'a'),
    operate('ada-1', [update('a', {})]),
  );
  fold(state, leave('ada-1'));
  t.ok(isBlank(state));
  fold(state, join('ada-1'), operate('ada-1', [update('a', {})], { opId: 'o1' }));
  t.notOk(isBlank(state), 'an answer is to be remembered');
  for (const entry of [operate('ada-1', [add('a')]), write('ada-1', [], 0), chat('ada-1', 'm1')]) {
    const other = roomOf('ada-1');
    fold(other, entry);
    t.notOk(isBlank(other), entry.type);
  }
});
