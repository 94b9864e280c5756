import t from 'tap';
import { errors } from '../../protocol/index.ts';
import { badFields, required, valid } from './bad-fields.ts';
import { badFrames, goodFrames } from './bad-frames.ts';
import { createGatedLog } from './gated-log.ts';
import { add, ofType, type Person, type Stage, stage, update } from './person.ts';

interface Scene {
  at: Stage;
  ada: Person;
  bystander: Person;
  /** All that the room keeps. */
  state(): Promise<string>;
}

async function scene(t: Parameters<typeof stage>[0]): Promise<Scene> {
  const at = await stage(t);
  const [ada, bystander] = [await at.member('ada'), await at.member('bystander')];
  await ada.ask(add('i0', { color: 'red' }));
  await ada.ask({ type: 'message', text: 'hello' });
  await ada.ask({ type: 'operation', documentId: 'd0', operation: ['abc'], version: 0 });
  await ada.ask({ type: 'join_viewer', planetId: 'p' });
  await Promise.all([ada.news(), bystander.news()]);
  return {
    at,
    ada,
    bystander,
    async state() {
      const { ref: _, ...sync } = await bystander.ask({ type: 'requestSync' });
      bystander.look();
      return JSON.stringify(sync);
    },
  };
}

t.test('[ER3] frames that cannot be understood: a named error, and nothing else happens', async (t) => {
  const { ada, bystander, state } = await scene(t);
  const before = await state();
  for (const { name, frame, binary, code, path, expects, has } of badFrames) {
    ada.wire.sendRaw(frame, binary);
    const news = await ada.news();
    t.equal(news.length, 1, `${name}: one answer`);
    const [error] = news;
    t.hasStrict(
      error,
      { type: 'error', ok: false, code, ...has, ...(path === undefined ? {} : { path }) },
      name,
    );
    if (expects) t.type(error?.expected, 'string', name);
    t.type(error?.message, 'string');
    t.same(bystander.look(), [], `${name}: the others hear nothing`);
  }
  t.equal(await state(), before);
  t.equal(ada.wire.closedWith, undefined);
  ada.send({ type: 'message', text: 'marker' });
  t.equal((await bystander.news()).at(-1)?.text, 'marker');
});

t.test('[ER4] frames just within the bounds are taken', async (t) => {
  const { ada } = await scene(t);
  for (const frame of goodFrames) {
    ada.wire.sendRaw(frame);
    t.hasStrict(await ada.news(), [{ type: 'ack', op: 'heartbeat' }], frame.slice(0, 60));
  }
});

t.test('[ER2] every field of every command that is missing or wrong is named', async (t) => {
  const { ada, bystander, state } = await scene(t);
  const before = await state();
  for (const { type, path, command } of badFields()) {
    const name = `${type}.${path}: ${JSON.stringify(command).slice(0, 120)}`;
    // A ref that is none cannot be waited for.
    ada.send(path === 'ref' ? command : { ref: 'r', ...command });
    const news = await ada.news();
    t.equal(news.length, 1, name);
    t.hasStrict(news[0], { type: 'error', op: type, ok: false, code: 'INVALID_FIELD', path }, name);
    t.match(news[0]?.expected, /^.{4,}/, name);
    t.notMatch(news[0]?.expected, /schema|another value/, name);
    if (path !== 'ref') t.equal(news[0]?.ref, 'r');
    t.same(bystander.look(), [], name);
  }
  t.equal(await state(), before);
  t.hasStrict(await ada.ask({ type: 'message', text: 'works' }), { type: 'ack' });
});

t.test('[ER2] the valid commands of that table are valid', async (t) => {
  for (const [type, command] of Object.entries(valid)) {
    const { ada } = await scene(t);
    const answer = await ada.ask({ type, ...command });
    if (type === 'auth') t.hasStrict(answer, { code: 'TOKEN_INVALID' });
    else t.not(answer.type, 'error', JSON.stringify(answer));
    const optional = Object.keys(command).filter(
      (key) => !required[type as keyof typeof required].includes(key),
    );
    const least = Object.fromEntries(Object.entries(command).filter(([key]) => !optional.includes(key)));
    if (type !== 'auth' && type !== 'leave') t.not((await ada.ask({ type, ...least })).code, 'INVALID_FIELD');
  }
});

const operations: [string, unknown, string][] = [
  ['no data to add', { type: 'add', target: 'item', id: 'x' }, 'operation.data'],
  ['no data to update', { type: 'update', target: 'item', id: 'i0' }, 'operation.data'],
  ['no id to update', { type: 'update', target: 'item', data: { id: 'i0' } }, 'operation.id'],
  ['no id to remove', { type: 'remove', target: 'item' }, 'operation.id'],
  ['no id to add', { type: 'add', target: 'item', data: {} }, 'operation.id'],
  ['a number as id', { type: 'add', target: 'item', data: { id: 7 } }, 'operation.id'],
  ['an empty id', { type: 'add', target: 'item', data: { id: '' } }, 'operation.id'],
  ['two ids', { type: 'add', target: 'item', id: 'x', data: { id: 'y' } }, 'operation.data.id'],
  ['a long id', { type: 'add', target: 'item', data: { id: 'x'.repeat(201) } }, 'operation.data.id'],
  ['half of a character', { type: 'add', target: 'item', data: { id: 'a\ud83d' } }, 'operation.data.id'],
  ['a control character', { type: 'add', target: 'item', data: { id: 'a\nb' } }, 'operation.data.id'],
  ['adding a scene', { type: 'add', target: 'scene', data: {} }, 'operation.type'],
  ['removing the scene', { type: 'remove', target: 'scene' }, 'operation.type'],
  ['no target', { type: 'update', id: 'i0', data: {} }, 'operation.target'],
];

t.test('[ER2] operations whose fields do not go together', async (t) => {
  const { ada, bystander, state } = await scene(t);
  const before = await state();
  for (const [name, operation, path] of operations) {
    const single = await ada.ask({ type: 'sceneOperation', operation });
    t.hasStrict(single, { op: 'sceneOperation', code: 'INVALID_FIELD', path }, name);
    t.type(single.expected, 'string');
    const several = [update('i0', { a: 1 }).operation, operation];
    t.hasStrict(
      await ada.ask({ type: 'sceneOperation', operations: several }),
      { code: 'INVALID_FIELD', path: path.replace('operation', 'operations[1]') },
      name,
    );
  }
  const both = { operation: add('x').operation, operations: [add('x').operation] };
  t.hasStrict(await ada.ask({ type: 'sceneOperation', ...both }), {
    code: 'INVALID_FIELD',
    path: 'operation',
  });
  for (const operation of [
    [0],
    [-1],
    [1.5],
    [''],
    [{}],
    [{ d: 0 }],
    [{ d: '' }],
    [{ d: 1, x: 1 }],
    [[1]],
    [null],
  ]) {
    const refusal = await ada.ask({ type: 'operation', documentId: 'd0', operation, version: 1 });
    t.hasStrict(refusal, { code: 'INVALID_FIELD' }, JSON.stringify(operation));
    t.equal(refusal.path, 'operation[0]');
    t.match(refusal.expected, /skip.*insert.*delete/);
  }
  t.equal(await state(), before);
  t.same(await bystander.news(), []);
});

t.test('[ER1] an error has ok, code, message, and what is known of its message', async (t) => {
  const { ada } = await scene(t);
  ada.send({ type: 'message', text: '', ref: 5, roomId: 'room', opId: 'o' });
  const [error] = await ada.news();
  const { path, expected, message, ...rest } = error ?? {};
  t.strictSame(rest, {
    type: 'error',
    op: 'message',
    ok: false,
    code: 'INVALID_FIELD',
    ref: 5,
    roomId: 'room',
    opId: 'o',
  });
  t.equal(message, errors.INVALID_FIELD);
  t.equal(path, 'text');
  t.type(expected, 'string');
  for (const [, text] of Object.entries(errors)) t.match(text, /^[A-Z].*\.$/);
});

t.test('[ER1] an error repeats only what is a ref, a room, an opId', async (t) => {
  const { ada } = await scene(t);
  for (const [field, value] of [
    ['ref', ''],
    ['ref', 1.5],
    ['roomId', ''],
    ['roomId', 'a\nb'],
    ['opId', 'a\u0000b'],
    ['opId', ''],
  ] as const) {
    ada.send({ type: 'message', text: 'x', [field]: value });
    const [error] = await ada.news();
    t.hasStrict(error, { code: 'INVALID_FIELD', path: field });
    t.notOk(field in (error ?? {}), `${field}: ${JSON.stringify(value)} is none`);
  }
});

t.test('[ER5] while the log cannot be written, ordered commands are refused; then all goes on', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { n: 1 }));
  await ada.ask({ type: 'join_viewer', planetId: 'p' });
  await Promise.all([ada.news(), ben.news()]);
  const before = { ...(await ben.ask({ type: 'requestSync' })), ref: 0 };
  log.failing = true;
  const writes = [
    add('j'),
    { type: 'message', text: 'x' },
    { type: 'operation', documentId: 'd', operation: ['x'], version: 0 },
    { type: 'select', planetId: 'p' },
    { type: 'unselect', planetId: 'p' },
    { type: 'join_viewer', planetId: 'q' },
    { type: 'join', roomId: 'room', user: { userId: 'ada', mood: 'bad' } },
    { type: 'join', roomId: 'a new room' },
  ];
  for (const command of writes) {
    const named: Record<string, unknown> = { roomId: 'room', ...command };
    t.hasStrict(await ada.ask(named), { op: command.type, ok: false, code: 'LOG_UNAVAILABLE' });
  }
  for (const command of [{ type: 'heartbeat' }, { type: 'typing', isTyping: true }]) {
    t.hasStrict(await ada.ask(command), { type: 'ack' }, 'what is not logged goes on');
  }
  t.same(ofType(await ben.news(), 'typing').length, 1);
  t.same({ ...(await ben.ask({ type: 'requestSync' })), ref: 0 }, before, 'nothing changed');
  const gone = await at.member('ben').catch(() => undefined);
  t.equal(gone, undefined);
  log.failing = false;
  await at.pass(2000, 100);
  await ben.news();
  for (const command of writes.slice(0, 7)) {
    t.hasStrict(await ada.ask({ roomId: 'room', ...command } as Record<string, unknown>), { type: 'ack' });
  }
  t.same(
    new Set((await ben.news()).map((one) => one.type)),
    new Set(['presence', 'selection_state', 'sceneDelta', 'message', 'operation']),
  );
});

t.test('[ER5] who leaves while the log cannot be written has left when it can again', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const [ada, ben, cy] = [await at.member('ada'), await at.member('ben'), await at.member('cy')];
  await ben.news();
  log.failing = true;
  ada.wire.close();
  cy.send({ type: 'leave', ref: 1 });
  await at.pass(3000, 100);
  t.same(ofType(await ben.news(), 'presence'), []);
  log.failing = false;
  await at.pass(1000, 100);
  t.same(ofType(await ben.news(), 'presence').at(-1)?.users.length, 1);
  t.hasStrict(
    (await cy.news()).find((one) => one.ref === 1),
    { type: 'ack', op: 'leave' },
  );
});
