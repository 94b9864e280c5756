import t from 'tap';
import { text } from '../../clients/client/text/index.ts';
import { token } from '../native/person.ts';
import { stage } from './scripted.ts';
import { clientStage } from './stage.ts';

t.test('a text goes on where its room has lost an operation that it had accepted', async (t) => {
  const { client, pass, last } = stage(t, { text });
  const room = client.join('r', { user: { userId: 'ada' } });
  const d = room.text('d');
  const sent = (type: string) => last().sent.findLast((one) => one.type === type) ?? {};
  const join = (epoch: string, version: number, text: string) =>
    last().say(
      { type: 'ack', op: 'join', ok: true, roomId: 'r', epoch, ref: sent('join').ref },
      {
        ...{ type: 'sceneState', roomId: 'r', epoch, version: 0, offset: 1, manifest: {} },
        documents: { d: { version, text } },
      },
    );
  const accept = (version: number) =>
    last().say({
      type: 'ack',
      op: 'operation',
      ok: true,
      roomId: 'r',
      opId: sent('operation').opId,
      version,
    });
  await pass(0);
  last().open();
  join('e', 0, '');
  await pass(0);
  d.insert(0, 'lost');
  // Somebody else's operation is the first, and has not come yet.
  accept(2);
  await pass(0);
  last().end(1006);
  await pass(10_000);
  last().open();
  join('another', 0, '');
  await pass(0);
  t.equal(d.value, '', 'what the room has');
  d.insert(0, 'new');
  t.match(sent('operation'), { operation: ['new'], version: 0 });
  accept(1);
  await pass(0);
  t.equal(d.value, 'new');
  t.equal(room.pending, 0);
});

t.test('who looks is told that nothing waits any more where what was typed is gone again', async (t) => {
  const { client } = stage(t, { text });
  const room = client.join('r', { user: { userId: 'ada' } });
  const told: number[] = [];
  room.on('pending', (count) => told.push(count));
  const d = room.text('d');
  d.insert(0, 'a');
  d.delete(0, 1);
  t.equal(room.pending, 0);
  t.same(told, [1, 0]);
});

t.test('what was typed in a room that one may not enter is refused, and waits no more', async (t) => {
  const at = await clientStage(t, { AUTH: 'required' });
  const getToken = () => token({ sub: 'ada', rooms: ['mine'] });
  const room = at.client({ getToken }).join('another');
  const note = room.text('note');
  const refused: string[] = [];
  note.on('refused', ({ code }) => refused.push(code));
  note.insert(0, 'typed');
  t.equal(room.pending, 1);
  await t.rejects(room.joined, { code: 'FORBIDDEN' });
  await new Promise((resolve) => setImmediate(resolve));
  t.same(refused, ['FORBIDDEN']);
  t.equal(room.pending, 0);
  t.equal(note.value, '');
});

t.test(
  'what is typed in a text that is first asked for when the room has ended is refused, too',
  async (t) => {
    const at = await clientStage(t);
    const room = at.client().join('r', { user: { userId: 'ada' } });
    await room.joined;
    // Still in the midst of it.
    const typed: ReturnType<typeof room.text>[] = [];
    const refused: string[] = [];
    const type = (id: string) => {
      const note = room.text(id);
      note.on('refused', ({ code }) => refused.push(code));
      note.insert(0, 'typed');
      typed.push(note);
    };
    room.on('status', () => type('a'));
    room.leave();
    type('b');
    await new Promise((resolve) => setImmediate(resolve));
    t.same(refused, ['LEFT', 'LEFT']);
    t.equal(room.pending, 0);
    t.same(
      typed.map(({ value }) => value),
      ['', ''],
    );
  },
);
