import fc from 'fast-check';
import { type as ot } from 'ot-text-unicode';
import t from 'tap';
import type { TextOperation } from '../../protocol/index.ts';
import { decodeSnapshot, encodeSnapshot } from '../../server/room/snapshot.ts';
import { answerOf, ask, configure, fold, join, leave, roomOf, write } from './entries.ts';

const textOf = (state: ReturnType<typeof roomOf>) => state.texts.get('page')?.text;

t.test('[TX2] [TX6] who does not wait has its own operations already', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, write('ada-1', ['ad'], 0), write('ada-1', [2, 'a'], 0));
  t.match(ask(state, write('ada-1', [3, '!'], 0)), { ok: true, version: 3 });
  t.equal(textOf(state), 'ada!');
  fold(state, write('bob-1', ['bob, '], 3));
  const [sent] = fold(state, write('ada-1', [4, '?'], 0));
  t.match(sent, { kind: 'text', version: 5, operation: [9, '?'] });
  t.match(ask(state, write('ada-1', [10, '.'], 4)), { ok: true, version: 6 }, 'it has heard of the other');
  t.equal(textOf(state), 'bob, ada!?.');
});

t.test('[TX6] other connections of the same user are others', async (t) => {
  const state = roomOf('ada-1', 'ada-2');
  fold(state, write('ada-1', ['abc'], 0));
  t.match(ask(state, write('ada-2', [3, 'd'], 0)), { code: 'TEXT_OPERATION_INVALID' });
  t.match(ask(state, write('ada-1', [3, 'd'], 0)), { ok: true });
});

t.test('[TX6] [SO14] who comes back as if never away goes on from what it wrote', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, write('bob-1', ['hello'], 0), write('ada-1', ['A'], 0));
  fold(state, join('ada-2', { recovers: ['ada-0', 'ada-1'] }));
  const [sent] = fold(state, write('ada-2', [1, 'B'], 0));
  t.match(sent, { kind: 'text', version: 3, operation: [1, 'B'] });
  fold(state, join('ada-3'), join('bob-2', { recovers: ['bob-1'] }), write('bob-2', [5, '!'], 1));
  t.equal(textOf(state), 'ABhello!', 'it has not heard of them');
  t.match(
    ask(state, write('ada-3', [2, 'C'], 0)),
    { code: 'TEXT_OPERATION_INVALID' },
    'who begins anew does not',
  );
});

t.test('[TX4] who has named a version does not go back behind it', async (t) => {
  const state = roomOf('ada-1', 'bob-1');
  fold(state, write('bob-1', ['b'], 0), write('ada-1', ['a'], 1));
  t.match(ask(state, write('ada-1', ['c'], 0)), {
    code: 'VERSION_UNKNOWN',
    details: { path: 'version', version: 2 },
  });
  t.match(ask(state, write('ada-1', ['c'], 1)), { ok: true, version: 3 });
});

t.test('[TX6] what one inserts is not kept once for each who had not heard of it', async (t) => {
  const names = Array.from({ length: 15 }, (_, index) => `u${index}-1`);
  const state = roomOf('ada-1', ...names);
  fold(state, write('ada-1', ['x'.repeat(100_000)], 0));
  for (const name of names) t.match(ask(state, write(name, ['y'], 0)), { ok: true });
  t.equal(state.texts.get('page')?.history.length, 16);
  for (const [index, name] of names.entries()) fold(state, write(name, ['z'], 16 + index));
  const kept = state.texts.get('page');
  const bytes = kept?.history.reduce((sum, { operation }) => sum + JSON.stringify(operation).length, 0);
  t.equal(kept?.historyBytes, bytes, 'nor longer than until its author has');
});

type News = { version: number; operation?: TextOperation };

/** What an application has of a document; its author's operations are shown at once. */
class Editor {
  text = '';
  version = 0;
  sent: TextOperation[] = [];
  waiting: TextOperation[] = [];
  outgoing: { operation: TextOperation; version: number }[] = [];
  incoming: News[] = [];
  connection = '';
  /** As long as it has what it had, over however many connections. */
  stay = {};
  readonly #name: string;
  readonly #atOnce: number;
  readonly #takesAcks: boolean;
  #connections = 0;

  constructor(name: string, atOnce: number, takesAcks: boolean) {
    this.#name = name;
    this.#atOnce = atOnce;
    this.#takesAcks = takesAcks;
    this.connect('', 0);
  }

  connect(text: string, version: number): void {
    Object.assign(this, { text, version, sent: [], waiting: [], outgoing: [], incoming: [], stay: {} });
    this.comeBack();
  }

  comeBack(): void {
    this.connection = `${this.#name}-${++this.#connections}`;
  }

  type(operation: TextOperation): void {
    this.text = ot.apply(this.text, operation);
    this.waiting.push(operation);
    this.#send();
  }

  hear({ version, operation }: News): void {
    if (operation !== undefined) this.#take(operation, version);
    else if (this.#takesAcks) this.sent.shift();
    else return;
    this.version = version;
    this.#send();
  }

  #take(operation: TextOperation, version: number): void {
    // Versions in between are those of its own.
    if (!this.#takesAcks) this.sent.splice(0, version - this.version - 1);
    let theirs = operation;
    const transform = (mine: TextOperation) => {
      const moved = ot.transform(mine, theirs, 'left') as TextOperation;
      theirs = ot.transform(theirs, mine, 'right') as TextOperation;
      return moved;
    };
    this.sent = this.sent.map(transform);
    this.waiting = this.waiting.map(transform);
    this.text = ot.apply(this.text, theirs);
  }

  #send(): void {
    for (const operation of this.waiting.splice(0, this.#atOnce - this.sent.length)) {
      this.sent.push(operation);
      this.outgoing.push({ operation, version: this.version });
    }
  }
}

/** As much of an operation as a text has room for. */
function fitting(parts: TextOperation, text: string): TextOperation {
  let left = [...text].length;
  const cut = (length: number) => {
    const taken = Math.min(length, left);
    left -= taken;
    return taken;
  };
  const fitted = parts.map((one) => {
    if (typeof one === 'string') return one;
    return typeof one === 'number' ? cut(one) : { d: cut(Number(one.d)) };
  });
  return ot.normalize(fitted) as TextOperation;
}

const part = fc.oneof(
  fc.nat(6),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
  fc.record({ d: fc.integer({ min: 1, max: 3 }) }),
);
const step = fc.record({
  who: fc.nat(4),
  does: fc.constantFrom('type', 'type', 'send', 'send', 'hear', 'hear', 'comeBack', 'restart'),
  parts: fc.array(part, { minLength: 1, maxLength: 4 }) as fc.Arbitrary<TextOperation>,
});
type Step = { who: number; does: string; parts: TextOperation };

/**
 * Plays steps, and all that is left on its way; returns the editors, the state and what was refused, with the number
 * of the others' operations that it was made without.
 */
function play(steps: readonly Step[], kept: number) {
  const editors = [
    new Editor('ada', 1, true),
    new Editor('bob', Number.POSITIVE_INFINITY, false),
    new Editor('eve', Number.POSITIVE_INFINITY, false),
    new Editor('kim', Number.POSITIVE_INFINITY, true),
    new Editor('lee', 1, true),
  ];
  let state = roomOf(...editors.map((one) => one.connection));
  fold(state, configure(state, { KEPT_TEXT_OPERATIONS: kept }));
  const refused: { code: string; missed: number }[] = [];
  const authors: object[] = [];
  const does: Record<string, (editor: Editor, parts: TextOperation) => void> = {
    type: (editor, parts) => editor.type(fitting(parts, editor.text)),
    send(editor) {
      const next = editor.outgoing.shift();
      if (next === undefined) return;
      const effects = fold(state, write(editor.connection, next.operation, next.version));
      const answer = answerOf(effects);
      if (answer?.ok !== true) {
        const missed = authors.slice(next.version).filter((author) => author !== editor.stay).length;
        refused.push({ code: String(answer?.code), missed });
        const { text, version } = state.texts.get('page') ?? { text: '', version: 0 };
        fold(state, leave(editor.connection));
        editor.connect(text, version);
        fold(state, join(editor.connection));
        return;
      }
      authors.push(editor.stay);
      const version = answer.version as number;
      const shown = effects.find((one) => one.kind === 'text');
      for (const one of editors)
        one.incoming.push(one === editor ? { version } : { version, operation: shown?.operation as never });
    },
    hear(editor) {
      const news = editor.incoming.shift();
      if (news !== undefined) editor.hear(news);
    },
    comeBack(editor) {
      const before = editor.connection;
      editor.comeBack();
      fold(state, leave(before), join(editor.connection, { recovers: [before] }));
    },
    restart() {
      state = decodeSnapshot(encodeSnapshot(state));
    },
  };
  for (const one of steps) does[one.does]?.(editors[one.who] as Editor, one.parts);
  while (editors.some((one) => one.incoming.length + one.outgoing.length > 0)) {
    for (const editor of editors) for (const what of ['send', 'hear']) does[what]?.(editor, []);
  }
  return { editors, text: textOf(state) ?? '', refused };
}

t.test('[TX2] [TX3] [TX6] editors who wait and editors who do not reach the server’s text', async () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const { editors, text, refused } = play(steps, 500);
      return refused.length === 0 && editors.every((one) => one.text === text);
    }),
    { numRuns: 1000 },
  );
});

t.test('[TX4] [TX6] who missed what is no longer kept begins anew, and reaches the same text', async (t) => {
  let count = 0;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), fc.nat(4), (steps, kept) => {
      const { editors, text, refused } = play(steps, kept);
      count += refused.length;
      const isDue = ({ code, missed }: { code: string; missed: number }) =>
        code === 'VERSION_UNKNOWN' && missed >= kept;
      return refused.every(isDue) && editors.every((one) => one.text === text);
    }),
    { numRuns: 500 },
  );
  t.ok(count > 100, 'often');
});
