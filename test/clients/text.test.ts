import t, { type Test } from 'tap';
import type { WebSocket } from 'ws';
import type { Room } from '../../clients/client/index.ts';
import { leading, replacing } from '../../clients/client/text/edits.ts';
import { text } from '../../clients/client/text/index.ts';
import { connect } from '../support/client.ts';
import { stage as scriptedStage } from './scripted.ts';
import { type ClientStage, clientStage, until } from './stage.ts';

async function two(
  t: Test,
  env: Record<string, string> = {},
): Promise<{ at: ClientStage; ada: Room; ben: Room }> {
  const at = await clientStage(t, env);
  const [ada, ben] = ['ada', 'ben'].map((userId) => at.client().join('r', { user: { userId } })) as [
    Room,
    Room,
  ];
  await Promise.all([ada.joined, ben.joined]);
  return { at, ada, ben };
}

t.test('a text that two edit at the same place is the same for both', async (t) => {
  const { ada, ben } = await two(t);
  const [a, b] = [ada.text('d'), ben.text('d')];
  t.equal(ada.text('d'), a, 'a document is one object');
  for (let n = 0; n < 30; n++) {
    a.insert(0, `a${n} `);
    b.insert(b.value.length, `b${n} `);
    if (n % 3 === 0) b.delete(0, Math.min(2, b.value.length));
    if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await until(() => ada.pending + ben.pending === 0 && a.value === b.value, 'the same text');
  t.match(a.value, /a29 /);
  t.match(a.value, /b29 /);
});

t.test('what names no opId is others’, also while nothing of one’s own is on its way', async (t) => {
  const { at, ada } = await two(t);
  const a = ada.text('d');
  a.insert(0, '.');
  await until(() => ada.pending === 0, 'a text that is loaded');
  const plain = await connect(at.server.port);
  t.teardown(() => plain.close());
  await plain.ask({ type: 'join', roomId: 'r', user: { userId: 'cem' } });
  const document = async () => (await plain.ask({ type: 'requestSync', documentId: 'd' })).documents.d;
  const [line] = at.sockets as [WebSocket];
  const sent: string[] = [];
  const send = line.send.bind(line);
  line.send = (message: string) => {
    sent.push(JSON.parse(message).type);
    send(message);
  };
  // Typed as soon as it has come, before what would be asked for because of it.
  line.on('message', (frame) => String(frame).includes('"operation":["c"]') && a.insert(0, 'a'));
  for (let n = 1; n <= 5; n++) {
    const { version } = await document();
    await plain.ask({ type: 'operation', documentId: 'd', version, operation: ['c'] });
    await until(() => ada.pending === 0 && a.value.length > 2 * n, 'both');
    t.equal(a.value, (await document()).text);
  }
  t.same(new Set(sent), new Set(['operation']), 'nothing has to be asked for');
});

t.test('edits made while there is no connection arrive, each once', async (t) => {
  const { at, ada, ben } = await two(t);
  const [a, b] = [ada.text('d'), ben.text('d')];
  for (let n = 0; n < 40; n++) {
    a.insert(a.value.length, `<a${n}>`);
    b.insert(0, `<b${n}>`);
    if (n % 8 === 3) for (const socket of at.sockets) socket.terminate();
    if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 3));
  }
  await until(
    () => ada.pending + ben.pending === 0 && a.value === b.value && a.value.length > 300,
    'the same',
  );
  for (let n = 0; n < 40; n++) {
    t.equal(a.value.split(`<a${n}>`).length, 2);
    t.equal(a.value.split(`<b${n}>`).length, 2);
  }
  const late = at.client().join('r', { user: { userId: 'cem' } });
  const c = late.text('d');
  c.insert(0, 'early ');
  await until(() => c.value.length > 300 && a.value === c.value, 'one who comes later');
  t.match(a.value, /early /);
});

t.test('positions are those of strings, whatever the characters', async (t) => {
  const { ada, ben } = await two(t);
  const [a, b] = [ada.text('d'), ben.text('d')];
  a.set('a😀b');
  a.insert(3, '😎');
  await until(() => b.value === 'a😀😎b', 'the text');
  b.delete(1, 2);
  await until(() => a.value === 'a😎b', 'one character less');
  b.set('a😎cb!');
  await until(() => a.value === 'a😎cb!', 'what differs');
  t.same(leading('abc', 'abc'), []);
  t.same(replacing('ab', 1, 1, 'x'), [1, 'x', { d: 1 }]);
  t.throws(() => a.insert(99, 'x'), RangeError);
});

t.test(
  'a character is never cut in two, wherever an edit begins and ends, and halves are not let in',
  async (t) => {
    const { ada, ben } = await two(t);
    const [a, b] = [ada.text('d'), ben.text('d')];
    const refused: unknown[] = [];
    a.on('refused', ({ code }) => refused.push(code));
    const becomes = async (edit: () => void, value: string) => {
      edit();
      t.equal(a.value, value);
      await until(() => b.value === value && ada.pending === 0, value);
    };
    await becomes(() => a.set('a😀b😎'), 'a😀b😎');
    await becomes(() => a.delete(2, 1), 'ab😎');
    await becomes(() => a.delete(3, 1), 'ab');
    await becomes(() => a.set('😀b😎c'), '😀b😎c');
    await becomes(() => a.replace(1, 3, 'x'), 'xc');
    await becomes(() => a.set('😀b'), '😀b');
    await becomes(() => a.insert(1, '!'), '😀!b');
    await becomes(() => a.insert(0, '😎'.slice(0, 1)), '\uFFFD😀!b');
    await becomes(() => a.set(`${'😎'.slice(1)}😀b`), '\uFFFD😀b');
    await becomes(() => a.insert(4, '.'), '\uFFFD😀b.');
    t.same(refused, []);
  },
);

t.test('an edit that is refused is taken back, and what was typed since stays', async (t) => {
  const { ada, ben } = await two(t, { MAX_TEXT_LENGTH: '50' });
  const [a, b] = [ada.text('d'), ben.text('d')];
  const refused: unknown[] = [];
  a.on('refused', ({ code }) => refused.push(code));
  a.insert(0, '!');
  await until(() => b.value === '!' && ada.pending === 0, 'the text is known');
  a.insert(1, 'x'.repeat(100));
  a.insert(0, 'kept');
  await until(() => a.value === 'kept!' && b.value === 'kept!', 'the rest');
  t.same(refused, ['LIMIT_EXCEEDED']);
});

t.test('what the answer to a repeat says is not said of what was typed since', async (t) => {
  const { client, pass, last } = scriptedStage(t, { text });
  const room = client.join('r', { user: { userId: 'ada' } });
  const d = room.text('d');
  const sent = (type: string) => last().sent.findLast((one) => one.type === type) ?? {};
  const joined = () => ({
    type: 'ack',
    op: 'join',
    ok: true,
    roomId: 'r',
    epoch: 'e',
    ref: sent('join').ref,
  });
  const acked = (opId: unknown, version: number) => ({
    ...{ type: 'ack', op: 'operation', ok: true, roomId: 'r' },
    ...{ opId, version },
  });
  const made = { type: 'operation', roomId: 'r', documentId: 'd', userId: 'ada', connectionId: 'c' };
  await pass(0);
  last().open();
  last().say(joined(), {
    ...{ type: 'sceneState', roomId: 'r', epoch: 'e', version: 0, offset: 1, manifest: {} },
    documents: { d: { version: 0, text: '' } },
  });
  await pass(0);
  d.insert(0, 'one');
  const first = sent('operation').opId;
  last().end(1006);
  await pass(10_000);
  last().open();
  last().say(joined(), { ...made, offset: 2, version: 1, operation: ['one'], opId: first });
  await pass(0);
  t.equal(sent('operation').opId, first, 'it is repeated');
  d.insert(3, ' two');
  d.insert(7, '!');
  last().say(acked(first, 1));
  await pass(0);
  const second = sent('operation');
  t.match(second, { operation: [3, ' two'], version: 1 });
  last().say(acked(first, 1), {
    ...made,
    userId: 'ben',
    offset: 3,
    version: 2,
    operation: ['> '],
    opId: 'b',
  });
  last().say(acked(second.opId, 3));
  await pass(0);
  t.equal(d.value, '> one two!');
  t.match(sent('operation'), { operation: [9, '!'], version: 3 });
});

t.test(
  'an operation that is too old for the server is made again on what has come since, and is there once',
  async (t) => {
    const { at, ada, ben } = await two(t, { KEPT_TEXT_OPERATIONS: '5' });
    const [a, b] = [ada.text('d'), ben.text('d')];
    const refused: unknown[] = [];
    a.on('refused', ({ code }) => refused.push(code));
    b.insert(0, 'begin');
    await until(() => a.value === 'begin', 'the text is known');
    // The line stalls without breaking.
    const [line] = at.sockets as [WebSocket];
    line.pause();
    const { send } = line;
    const late: string[] = [];
    line.send = (message: string) => late.push(message);
    a.insert(5, ' typed');
    a.insert(11, ' and more');
    for (let n = 0; n < 20; n++) {
      b.insert(0, '.');
      await until(() => ben.pending === 0, 'one that the other has not heard of');
    }
    line.send = send;
    for (const message of late) line.send(message);
    line.resume();
    await until(() => ada.pending === 0 && a.value === b.value, 'the same');
    t.equal(b.value, `${'.'.repeat(20)}begin typed and more`);
    t.same(refused, []);
  },
);

t.test('what is typed waits until all of it is saved, also before the text is loaded', async (t) => {
  const { at, ben } = await two(t);
  const room = at.client().join('r', { user: { userId: 'cem' } });
  const told: number[] = [];
  room.on('pending', (count) => told.push(count));
  const c = room.text('d');
  c.insert(0, 'early ');
  t.equal(room.pending, 1);
  t.same(told, [1], 'who looks is told');
  await room.joined;
  await until(() => room.pending === 0, 'it is saved');
  t.equal(c.value, 'early ');
  c.insert(6, 'one');
  c.insert(9, ', two');
  t.equal(room.pending, 2, 'one on its way, and one behind it');
  told.length = 0;
  await until(() => ben.text('d').value === 'early one, two' && room.pending === 0, 'the others have it');
  t.equal(told.indexOf(0), told.length - 1, 'not between the two');
});
