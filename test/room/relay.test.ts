import t from 'tap';
import type { Operation } from '../../protocol/index.ts';
import {
  add,
  answerOf,
  ask,
  by,
  chat,
  configure,
  fold,
  itemOf,
  on,
  operate,
  relay,
  remove,
  roomOf,
  shown,
  update,
  updateScene,
} from './entries.ts';

t.test('[EV1] an event goes on as it came, with who it is from', async (t) => {
  const state = roomOf('ada-1');
  const data = { deep: [null, { a: 1 }] };
  const from = { userId: 'ada', userName: 'ADA', connectionId: 'ada-1' };
  t.strictSame(fold(state, relay('ada-1', 'e1', { event: 'x:y', data })), [
    { kind: 'event', id: 'e1', event: 'x:y', data, ...from, at: 7 },
    { kind: 'answer', op: 'relay', to: by('ada-1'), answer: { ok: true, version: 0, id: 'e1' } },
  ]);
  t.match(fold(state, relay('ada-1', 'e2', { toAll: true })), [{ kind: 'event', toAll: true }, {}]);
  t.match(ask(state, relay('bob-1', 'e3')), { code: 'NOT_JOINED' });
});

t.test('[EV2] one without operations leaves the version as it is', async (t) => {
  const state = roomOf('ada-1');
  fold(state, operate('ada-1', [add('a')]));
  t.strictSame(ask(state, relay('ada-1', 'e')), { ok: true, version: 1, id: 'e' });
  t.strictSame(ask(state, relay('ada-1', 'f', { operations: [] })), { ok: true, version: 1, id: 'f' });
  t.strictSame(ask(state, relay('ada-1', 'g', { operations: [update('a', { n: 1 })] })), {
    ok: true,
    version: 2,
    id: 'g',
  });
});

t.test('[EV3] operations are applied as far as they fit', async (t) => {
  const item = (id: string, data: Record<string, unknown> = {}) => add(id, { id, ...data });
  const cases: [string, Operation[], Operation[], counted: number][] = [
    ['an update of what is not there', [update('b', { n: 1 })], [item('b', { n: 1 })], 1],
    ['an update of what is there', [update('a', { n: 1 })], [update('a', { n: 1 })], 1],
    ['an add of what is not there', [add('b', { n: 1 })], [item('b', { n: 1 })], 1],
    ['an add of what is there', [add('a', { n: 1, color: 'red' })], [update('a', { n: 1 })], 1],
    [
      'an add by the id of its data',
      [{ type: 'add', target: 'item', data: { id: 'a', n: 1 } }],
      [update('a', { n: 1 })],
      1,
    ],
    ['an update with another id in its data', [update('b', { id: 'c' })], [item('b')], 1],
    ['a removal of what is there', [remove('a')], [remove('a')], 1],
    ['the scene', [updateScene({ t: 1 })], [updateScene({ t: 1 })], 1],
    [
      'an update after a removal',
      [remove('a'), update('a', { n: 1 })],
      [remove('a'), item('a', { n: 1 })],
      2,
    ],
    [
      'an update after an add',
      [update('b', { n: 1 }), add('b', { n: 2 })],
      [item('b', { n: 1 }), update('b', { n: 2 })],
      2,
    ],
    ['a removal after an add', [add('b'), remove('b'), remove('b')], [item('b'), remove('b')], 2],
    ['a removal of what is not there', [remove('b'), update('a', { n: 1 })], [update('a', { n: 1 })], 1],
    ['what changes nothing counts', [add('a', { color: 'red' })], [], 1],
  ];
  for (const [what, operations, visible, counted] of cases) {
    const state = roomOf('ada-1');
    fold(state, operate('ada-1', [add('a', { color: 'red' })]));
    const effects = fold(state, relay('ada-1', 'e', { operations }));
    t.strictSame(shown(effects), visible, what);
    t.strictSame(answerOf(effects), { ok: true, version: 1 + counted, id: 'e' }, what);
    t.match(effects[0], { fromVersion: 1, toVersion: 1 + counted, relayed: true }, what);
  }
});

t.test('[EV3] where nothing remains there is the event alone', async (t) => {
  const state = roomOf('ada-1');
  const effects = fold(state, relay('ada-1', 'e', { operations: [remove('a'), remove('b')] }));
  t.same(
    effects.map((one) => one.kind),
    ['event', 'answer'],
  );
  t.strictSame(answerOf(effects), { ok: true, version: 0, id: 'e' });
});

t.test('[EV4] what somebody else holds, or a limit, refuses all of it', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, operate('ada-1', [add('a', { n: 0 })]), on('select', 'ada-1', 'a'));
  const before = structuredClone(state.scene);
  const operations = [update('b', { n: 1 }), update('a', { n: 1 })];
  const effects = fold(state, relay('bob-1', 'e', { operations }));
  t.match(effects, [
    { kind: 'answer', answer: { code: 'CONFLICT', details: { thing: 'a', lockedBy: 'ada' } } },
  ]);
  t.equal(effects.length, 1, 'there is no event');
  t.strictSame(state.scene, before);
  t.match(ask(state, relay('ada-1', 'f', { operations })), { ok: true }, 'the holder may');

  fold(state, configure(state, { MAX_ITEMS: 2 }));
  t.match(ask(state, relay('ada-1', 'g', { operations: [update('c', {})] })), {
    code: 'LIMIT_EXCEEDED',
    details: { limit: 'MAX_ITEMS' },
  });
  t.match(ask(state, relay('ada-1', 'h', { operations: [add('a', { n: 2 })] })), { ok: true });
});

t.test('[EV4] without a version the later write wins', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, relay('ada-1', 'e', { operations: [update('a', { n: 1 })] }));
  t.match(ask(state, relay('bob-1', 'f', { operations: [update('a', { n: 2 })] })), { ok: true });
  t.strictSame(itemOf(state, 'a'), { n: 2 });
  t.match(
    ask(state, operate('ada-1', [update('a', { n: 3 })], { version: 1 })),
    { code: 'VERSION_CONFLICT', details: { current: { n: 2 } } },
    'and is seen by those who say theirs',
  );
});

t.test('[XO1] a relay with an opId is applied once', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  const operations = [update('a', { n: 1 })];
  const first = ask(state, relay('ada-1', 'e', { operations, opId: 'o' }));
  const again = fold(state, relay('ada-2', 'f', { operations, opId: 'o' }));
  t.strictSame(again, [{ kind: 'answer', op: 'relay', to: by('ada-2'), answer: first, opId: 'o' }]);
  t.equal(state.scene.version, 1);
});

t.test('[EV5] [RS3] events are kept for those who come back, within KEPT_EVENT_BYTES', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { KEPT_EVENT_BYTES: 1000 }));
  for (let n = 0; n < 10; n++) fold(state, relay('ada-1', `e${n}`, { data: 'x'.repeat(300) }));
  t.equal(state.recent.events.length, 2);
  for (let n = 0; n < 10; n++) fold(state, chat('ada-1', `m${n}`, { metadata: { more: 'x'.repeat(300) } }));
  t.ok(state.recent.events.length <= 2, 'messages count with their metadata');
  const publisher = { connection: 'request', userId: 'backend' };
  fold(state, { type: 'event', at: 8, by: publisher, id: 'p', event: 'large', data: 'x'.repeat(2000) });
  t.equal(state.recent.events.length, 0, 'also one that a backend has published');
});
