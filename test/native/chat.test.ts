import t from 'tap';
import { bearer, ofType, stage } from './person.ts';

t.test('[CH1] the server gives a message its id and time; everybody gets it, its author, too', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const elsewhere = await at.member('cy', 'another room');
  const forged = { id: 'mine', timestamp: 1, userName: 'Root', offset: 99 };
  const ack = await ada.ask({ type: 'message', text: 'hello', metadata: { at: [1, 2] }, ...forged });
  for (const one of [ada, ben]) {
    const [message] = ofType(await one.news(), 'message');
    t.strictSame(message, {
      type: 'message',
      roomId: 'room',
      offset: message?.offset,
      id: ack.id,
      userId: 'ada',
      text: 'hello',
      kind: 'comment',
      metadata: { at: [1, 2] },
      timestamp: message?.timestamp,
    });
    t.match(message?.id, /^[\w-]{22}$/);
    t.ok(Math.abs(message?.timestamp - at.clock.now()) < 200);
  }
  t.same(await elsewhere.news(), []);
});

t.test('[CH1] kind and name of the author', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada', 'room', await bearer({ sub: 'ada', name: 'Ada' }));
  await ada.ask({ type: 'message', text: 'x', kind: 'review' });
  t.hasStrict(ofType(await ada.news(), 'message')[0], { kind: 'review', userName: 'Ada' });
});

t.test('[CH2] the latest KEPT_MESSAGES are part of the state, 200 by default', async (t) => {
  for (const [env, kept] of [
    [{ KEPT_MESSAGES: '3' }, 3],
    [{}, 200],
  ] as const) {
    const at = await stage(t, env);
    const ada = await at.member('ada');
    for (let count = 1; count <= kept + 5; count++) ada.send({ type: 'message', text: `${count}` });
    await ada.news();
    const ben = await at.member('ben');
    const { messages } = ofType(ben.heard(), 'sceneState')[0] ?? {};
    t.same(
      messages.map((one: { text: string }) => one.text),
      Array.from({ length: kept }, (_, index) => `${index + 6}`),
    );
  }
});

t.test('[CH1] texts of any language, up to MAX_CHAT_LENGTH characters', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (const text of ['ü😀\u0000\n"\\', 'x'.repeat(8192), '\u2028', '<b>']) {
    await ada.ask({ type: 'message', text });
    t.equal(ofType(await ben.news(), 'message')[0]?.text, text);
  }
  t.hasStrict(await ada.ask({ type: 'message', text: 'x'.repeat(8193) }), {
    code: 'INVALID_FIELD',
    path: 'text',
  });
  t.hasStrict(await ada.ask({ type: 'message', text: 'x', metadata: { a: 'x'.repeat(4096) } }), {
    code: 'INVALID_FIELD',
    path: 'metadata',
    limit: 4096,
  });
  t.same(await ben.news(), []);
});
