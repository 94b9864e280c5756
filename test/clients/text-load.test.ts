import t from 'tap';
import { text } from '../../clients/client/text/index.ts';
import { stage } from './scripted.ts';
import { clientStage, until } from './stage.ts';

t.test('as many texts as one likes are opened at once, whatever the server takes in that time', async (t) => {
  const at = await clientStage(t, { RATE_LIMIT: '60/10s' });
  const [ada, ben] = ['ada', 'ben'].map((userId) => at.client().join('r', { user: { userId } }));
  if (ada === undefined || ben === undefined) throw new Error('nobody');
  await Promise.all([ada.joined, ben.joined]);
  const errors: unknown[] = [];
  ada.on('error', ({ code }) => errors.push(code));
  const ids = Array.from({ length: 40 }, (_, at) => `note ${at}`);
  for (const id of ids) ada.text(id).insert(0, id);
  const texts = ids.map((id) => ben.text(id));
  await until(() => texts.every(({ value }, at) => value === ids[at]), 'all notes');
  t.equal(ada.pending, 0);
  t.same(errors, []);
});

t.test('a text that was asked for is asked for again, until it comes', async (t) => {
  const { client, pass, last } = stage(t, { text });
  const room = client.join('r', { user: { userId: 'ada' } });
  await pass(0);
  const sent = (type: string) => last().sent.filter((one) => one.type === type);
  const asked = () => sent('requestSync').map(({ documentId }) => documentId);
  last().open();
  last().say({ type: 'ack', op: 'join', ok: true, roomId: 'r', epoch: 'e', ref: sent('join')[0]?.ref });
  last().say({ type: 'sceneState', roomId: 'r', epoch: 'e', version: 0, offset: 0, documents: {} });
  room.text('a').insert(0, 'x');
  await pass(0);
  t.same(asked(), ['a']);
  t.same(sent('operation'), [], 'on what it is made is not known');
  room.text('b');
  await pass(0);
  t.same(asked(), ['a', 'b'], 'what is asked for later need not wait');
  const answer = { type: 'syncResponse', roomId: 'r', mode: 'full', epoch: 'e', version: 0, offset: 0 };
  last().say({ ...answer, documents: { b: { version: 0, text: '' } } });
  await pass(5000);
  t.same(asked(), ['a', 'b', 'a']);
  last().say({ ...answer, documents: { a: { version: 3, text: 'abc' } } });
  t.equal(room.text('a').value, 'xabc');
  t.match(sent('operation'), [{ documentId: 'a', version: 3 }]);
  await pass(20_000);
  t.same(asked(), ['a', 'b', 'a']);
});
