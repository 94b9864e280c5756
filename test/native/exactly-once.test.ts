import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { add, bearer, ofType, stage, update } from './person.ts';

const answerOf = ({ ref: _, ...rest }: Record<string, unknown>) => rest;

t.test('[XO1] a command with an opId is applied once; its repeat gets the first answer', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask({ type: 'operation', documentId: 'd', operation: ['x'], version: 0 });
  await ben.news();
  const commands = [
    { ...add('i', { n: 1 }), opId: 'one' },
    { ...add('i'), opId: 'refused' },
    { type: 'message', text: 'hello', opId: 'two' },
    { type: 'relay', event: 'moved', data: 1, opId: 'five' },
    { type: 'operation', documentId: 'd', operation: ['a'], version: 1, opId: 'three' },
    { type: 'operation', documentId: 'd', operation: [99], version: 1, opId: 'four' },
  ];
  for (const command of commands) {
    const first = await ada.ask(command);
    t.equal(first.opId, command.opId);
    const heard = await ben.news();
    t.equal(heard.length, first.type === 'ack' ? 1 : 0);
    for (let repeat = 0; repeat < 3; repeat++) t.same(answerOf(await ada.ask(command)), answerOf(first));
    t.same(await ben.news(), [], 'no other effect');
  }
  const { version, messages, documents } = await ben.ask({ type: 'requestSync' });
  t.equal(version, 1);
  t.equal(messages.length, 1);
  t.same(documents, { d: { version: 2, text: 'ax' } });
  t.hasStrict(await ben.ask({ ...add('k'), opId: 'one' }), { type: 'ack', version: 2 }, 'another user’s id');
});

t.test('[XO1] its ids are a user’s in one room, and the same for all types of commands', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const said = await ada.ask({ type: 'message', text: 'x', opId: 'o' });
  t.match(await ada.ask({ ...add('i'), opId: 'o' }), { type: 'ack', op: 'sceneOperation', id: said.id });
  t.equal((await ada.ask({ type: 'requestSync' })).version, 0, 'it has no other effect');
  await ada.join('other', 'ada');
  t.match(await ada.ask({ ...add('i'), roomId: 'other', opId: 'o' }), { type: 'ack', version: 1 });
});

t.test('[XO2] a room holds those of its latest KEPT_OP_ID_USERS users', async (t) => {
  const at = await stage(t, { KEPT_OP_ID_USERS: '2' });
  const say = (text: string) => ({ type: 'message', text, opId: 'o' });
  const [ada, ben, eve] = [await at.member('ada'), await at.member('ben'), await at.member('eve')];
  const [first, second] = [await ada.ask(say('a')), await ben.ask(say('b'))];
  await eve.ask(say('c'));
  t.equal((await ben.ask(say('b'))).id, second.id);
  t.not((await ada.ask(say('a'))).id, first.id, 'hers were forgotten');
});

t.test('[XO1] two repeats sent at once are one, and so are those of two tabs', async (t) => {
  const at = await stage(t);
  const [ada, tab] = [await at.member('ada'), await at.member('ada')];
  for (const one of [ada, ada, tab]) one.send({ type: 'message', text: 'x', opId: 'o' });
  const news = await tab.news();
  t.equal(ofType(news, 'message').length, 1);
  const [own] = ofType(news, 'ack');
  t.same(own?.id, ofType(news, 'message')[0]?.id);
});

t.test('[XO1] of a VERSION_CONFLICT the current values are not repeated', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { a: 1 }));
  await ada.ask(update('i', { a: 2 }));
  const command = update('i', { a: 3 }, { version: 1, opId: 'o' });
  const first = await ben.ask(command);
  t.hasStrict(first, { code: 'VERSION_CONFLICT', current: { a: 2 } });
  const { current: _, ...rest } = answerOf(first);
  t.same(answerOf(await ben.ask(command)), rest);
});

t.test('[XO2] the memory survives a reconnect and holds the latest KEPT_OP_IDS', async (t) => {
  const at = await stage(t, { KEPT_OP_IDS: '3' });
  const ada = await at.member('ada');
  const say = (opId: string) => ({ type: 'message', text: opId, opId });
  const first = await ada.ask(say('1'));
  ada.wire.close();
  await at.pass(500);
  const back = await at.member('ada');
  t.equal((await back.ask(say('1'))).id, first.id, 'also when the room had left memory');
  for (const opId of ['2', '3', '4']) await back.ask(say(opId));
  t.not((await back.ask(say('1'))).id, first.id, 'older ones are forgotten');
});

t.test('[XO2] it belongs to the user, whatever the connection', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const handshake = await bearer({ sub: 'ada' });
  const ada = await at.member('ada', 'room', handshake);
  const first = await ada.ask({ type: 'message', text: 'x', opId: 'o' });
  ada.wire.close(false);
  const back = await at.member('ada', 'room', handshake);
  t.equal((await back.ask({ type: 'message', text: 'x', opId: 'o' })).id, first.id);
});

t.test('[XO1] a command that the log did not take may be repeated', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ada = await at.member('ada');
  log.failing = true;
  t.hasStrict(await ada.ask({ ...add('i'), opId: 'o' }), { code: 'LOG_UNAVAILABLE', opId: 'o' });
  log.failing = false;
  t.hasStrict(await ada.ask({ ...add('i'), opId: 'o' }), { type: 'ack', version: 1 });
});

t.test('[ER1] [XO1] what is refused because its join was has the opId by which it is known', async (t) => {
  const at = await stage(t, { MAX_ROOM_USERS: '1' });
  await at.member('ada');
  const ben = at.person();
  await ben.news();
  ben.send({ type: 'join', roomId: 'room', user: { userId: 'ben' }, ref: 1 });
  ben.send({ type: 'message', text: 'x', opId: 'one' });
  ben.send({ ...add('i'), opId: 'two' });
  t.match(ofType(await ben.news(), 'error'), [
    { op: 'join', code: 'ROOM_FULL' },
    { op: 'message', code: 'NOT_JOINED', roomId: 'room', opId: 'one' },
    { op: 'sceneOperation', code: 'NOT_JOINED', roomId: 'room', opId: 'two' },
  ]);
});
