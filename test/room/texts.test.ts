import fc from 'fast-check';
import { type as ot } from 'ot-text-unicode';
import t from 'tap';
import type { TextOperation } from '../../protocol/index.ts';
import { apply } from '../../server/room/apply.ts';
import { ask, configure, fold, operate, roomOf, write } from './entries.ts';

const textOf = (state: ReturnType<typeof roomOf>, id = 'page') => state.texts.get(id)?.text;
const emoji = '\u{1f600}';

t.test('[TX1] a document begins empty at version 0', async (t) => {
  const state = roomOf('ada-1');
  t.strictSame(ask(state, write('ada-1', ['hello'], 0)), { ok: true, version: 1 });
  t.strictSame(ask(state, write('ada-1', [5, '!'], 1)), { ok: true, version: 2 });
  t.equal(textOf(state), 'hello!');
  t.equal(state.scene.version, 0, 'texts have versions of their own');
});

t.test('[TX1] operations count in code points', async (t) => {
  const state = roomOf('ada-1');
  fold(state, write('ada-1', [`a${emoji}b`], 0), write('ada-1', [2, 'x'], 1));
  t.equal(textOf(state), `a${emoji}xb`);
  fold(state, write('ada-1', [1, { d: 1 }], 2));
  t.equal(textOf(state), 'axb');
  fold(state, write('ada-1', [1, { d: 'x' }], 3));
  t.equal(textOf(state), 'ab');
  t.equal(state.texts.get('page')?.length, 2);
});

t.test('[TX2] an operation made at an older version is transformed over what came since', async (t) => {
  const state = roomOf('ada-1', 'bob-1', 'eve-1');
  fold(state, write('ada-1', ['hello world'], 0), write('ada-1', [{ d: 6 }], 1));
  const effects = fold(state, write('bob-1', [11, '!'], 1));
  t.equal(textOf(state), 'world!');
  t.match(effects[0], { kind: 'text', version: 3, operation: [5, '!'], by: { connection: 'bob-1' } });
  t.strictSame(ask(state, write('eve-1', [6, 'x', { d: 5 }], 1)), { ok: true, version: 4 });
  t.equal(textOf(state), 'x!', 'what was deleted already is not deleted twice');
});

t.test('[TX3] of two inserts at one place the later to arrive stands first', async (t) => {
  const state = roomOf('ada-1', 'bob-1', 'eve-1');
  fold(state, write('ada-1', ['first'], 0), write('bob-1', ['second'], 0), write('eve-1', ['third'], 0));
  t.equal(textOf(state), 'thirdsecondfirst');
});

t.test('[TX4] an operation that does not fit is refused', async (t) => {
  const cases: [string, TextOperation][] = [
    ['a deletion past the end', [1, { d: 3 }]],
    ['a deletion of a longer text than there is', [{ d: 'abcd' }]],
    ['an insert behind the end', [4, 'x']],
    ['a lone surrogate', ['\ud83d']],
    ['a lone surrogate at the end of a word', ['abc\udc00']],
  ];
  for (const [what, operation] of cases) {
    const state = roomOf('ada-1');
    fold(state, write('ada-1', ['abc'], 0));
    t.match(
      ask(state, write('ada-1', operation, 1)),
      { code: 'TEXT_OPERATION_INVALID', details: { path: 'operation', version: 1 } },
      what,
    );
    t.equal(textOf(state), 'abc', what);
  }
});

t.test('[TX4] what is absurdly long is refused, and not worked through', async (t) => {
  const state = roomOf('ada-1');
  fold(state, write('ada-1', ['abc'], 0));
  const huge = Number.MAX_SAFE_INTEGER;
  for (const operation of [
    [huge, 'x'],
    [{ d: huge }],
    [huge, huge, { d: huge }],
    ['x', huge, 'y'],
  ] as TextOperation[]) {
    t.match(ask(state, write('ada-1', operation, 1)), { code: 'TEXT_OPERATION_INVALID' });
    t.match(
      ask(state, write('ada-1', operation, 0)),
      { code: 'TEXT_OPERATION_INVALID' },
      'nor at an older version',
    );
  }
  t.match(
    ask(state, write('ada-1', [huge], 1)),
    { ok: false, code: 'TEXT_OPERATION_INVALID' },
    'a skip past the end does not fit, though nothing comes after it',
  );
  t.equal(textOf(state), 'abc');
});

t.test('[TX4] an operation must fit the text of its version, not the present one', async (t) => {
  const state = roomOf('ada-1', 'bob-1', 'eve-1');
  fold(state, write('ada-1', ['abc'], 0), write('ada-1', [{ d: 3 }], 1));
  t.match(ask(state, write('bob-1', [3, 'x'], 1)), { ok: true });
  t.equal(textOf(state), 'x');
  t.match(ask(state, write('ada-1', [2, 'y'], 3)), { code: 'TEXT_OPERATION_INVALID' });
  t.match(ask(state, write('eve-1', [1, 'y'], 0)), { code: 'TEXT_OPERATION_INVALID' });
});

t.test('[TX4] versions ahead of the document, and older than what is kept, are unknown', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, configure(state, { KEPT_TEXT_OPERATIONS: 2 }));
  t.match(ask(state, write('ada-1', ['x'], 1)), { code: 'VERSION_UNKNOWN', details: { version: 0 } });
  t.equal(state.texts.size, 0, 'no document is made');
  for (let version = 0; version < 5; version++) fold(state, write('ada-1', ['x'], version));
  t.match(ask(state, write('bob-1', ['y'], 2)), {
    code: 'VERSION_UNKNOWN',
    details: { path: 'version', version: 5 },
  });
  t.match(ask(state, write('bob-1', ['y'], 6)), { code: 'VERSION_UNKNOWN' });
  t.match(ask(state, write('bob-1', ['y'], 3)), { ok: true, version: 6 });
});

t.test('[TX4] an operation is transformed through MAX_TRANSFORMED_PARTS parts at most', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, write('ada-1', ['abcdefgh'], 0));
  // Each parts what bob deletes once more: it has 1, 3 and 5 parts as it meets two parts each.
  for (let at = 1; at <= 3; at++) fold(state, write('ada-1', [2 * at - 1, '-'], at));
  fold(state, configure(state, { MAX_TRANSFORMED_PARTS: 14 }));
  const unknown = { code: 'VERSION_UNKNOWN', details: { path: 'version', version: 4 } };
  t.match(ask(state, write('bob-1', [{ d: 8 }], 1)), unknown);
  t.equal(textOf(state), 'a-b-c-defgh', 'it was not made');
  fold(state, configure(state, { MAX_TRANSFORMED_PARTS: 15 }));
  t.match(ask(state, write('bob-1', [{ d: 8 }], 1)), { ok: true, version: 5 });
  t.equal(textOf(state), '---');
});

t.test('[TX4] a short operation over a long history does not hold up the room', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  const [edits, inserts] = [500, 80];
  fold(state, write('ada-1', ['x'.repeat(60_000)], 0), write('ada-1', ['x'.repeat(60_000)], 1));
  const parts = Array.from({ length: inserts }, () => ['y', 2]).flat();
  for (let index = 0; index < edits; index++) {
    const skipped = (index * 2 * inserts) % 100_000;
    fold(state, write('ada-1', skipped === 0 ? parts : [skipped, ...parts], index + 2));
  }
  t.match(ask(state, write('bob-1', [{ d: 120_000 }], 2)), { code: 'VERSION_UNKNOWN' });
  t.match(ask(state, write('bob-1', [{ d: 120_000 }], edits + 2)), { ok: true }, 'as it stands, it is made');
});

t.test('[TX5] documents stay within MAX_TEXT_LENGTH, and may always shrink', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { MAX_TEXT_LENGTH: 3 }));
  const limit = { code: 'LIMIT_EXCEEDED', details: { limit: 'MAX_TEXT_LENGTH' } };
  t.match(ask(state, write('ada-1', ['abcd'], 0)), limit);
  t.equal(state.texts.size, 0);
  t.match(ask(state, write('ada-1', [emoji.repeat(3)], 0)), { ok: true }, 'counted in code points');
  t.match(ask(state, write('ada-1', ['a'], 1)), limit);
  t.match(ask(state, write('ada-1', ['a', { d: 1 }], 1)), { ok: true });
  fold(state, configure(state, { MAX_TEXT_LENGTH: 1 }));
  t.match(ask(state, write('ada-1', [{ d: 1 }], 2)), { ok: true, version: 3 });
});

t.test('[TX5] a room has at most MAX_DOCUMENTS documents', async (t) => {
  const state = roomOf('ada-1');
  fold(state, configure(state, { MAX_DOCUMENTS: 1 }), write('ada-1', ['x'], 0));
  const other = write('ada-1', ['x'], 0, { documentId: 'other' });
  t.match(ask(state, other), { code: 'LIMIT_EXCEEDED', details: { limit: 'MAX_DOCUMENTS' } });
  t.match(ask(state, write('ada-1', ['y'], 1)), { ok: true });
});

t.test('[DU2] entries are not changed by folding them', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  const entries = [
    write('ada-1', ['a', 'b', 'c'], 0),
    write('ada-1', [1, 1, { d: 'c' }], 1),
    write('ada-1', [1, 'x', 'y'], 1),
  ];
  const before = structuredClone(entries);
  for (const entry of entries) apply(state, entry);
  t.strictSame(entries, before);
  const kept = structuredClone(state.texts.get('page')?.history);
  fold(state, write('bob-1', ['z'], 0));
  t.strictSame(state.texts.get('page')?.history.slice(0, 3), kept);
});

t.test('[TX2] [DU2] clients that transform alike reach the server’s text', async () => {
  const part = fc.oneof(
    fc.nat(4),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
    fc.record({ d: fc.integer({ min: 1, max: 3 }) }),
  );
  const edits = fc.array(
    fc.record({ lag: fc.nat(4), parts: fc.array(part, { minLength: 1, maxLength: 4 }) }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(edits, (list) => {
      const authors = list.map((_, index) => `u${index}-1`);
      const state = roomOf(...authors);
      let mirror = '';
      for (const [index, { lag, parts }] of list.entries()) {
        const version = Math.max(0, (state.texts.get('page')?.version ?? 0) - lag);
        const operation = parts.filter((one) => one !== 0) as TextOperation;
        const effects = fold(state, write(authors[index] as string, operation, version));
        const sent = effects.find((one) => one.kind === 'text');
        if (sent?.kind === 'text') mirror = ot.apply(mirror, sent.operation);
        const text = state.texts.get('page');
        if (text !== undefined && (text.text !== mirror || text.length !== [...mirror].length)) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
});

t.test('[TX1] texts and the scene do not touch each other', async (t) => {
  const state = roomOf('ada-1');
  fold(
    state,
    write('ada-1', ['x'], 0),
    operate('ada-1', [{ type: 'update', target: 'scene', data: { page: 1 } }]),
  );
  t.equal(textOf(state), 'x');
  t.equal(state.scene.version, 1);
});
