import t from 'tap';
import { createGatedLog } from './gated-log.ts';
import { add, bearer, ofType, stage, token, types } from './person.ts';

t.test('[NP8] commands take effect in the order in which they were sent', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  for (let count = 1; count <= 500; count++) ada.send({ type: 'message', text: String(count) });
  const texts = ofType(await ben.news(), 'message').map((one) => one.text);
  t.same(
    texts,
    Array.from({ length: 500 }, (_, index) => String(index + 1)),
  );
});

t.test('[NP8] the answers of a room come in the order of the commands', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const commands = [add('a'), { type: 'message', text: 'x' }, { type: 'select', planetId: 'p' }, add('a')];
  for (let ref = 0; ref < 100; ref++) ada.send({ ...commands[ref % 4], ref });
  const refs = (await ada.news()).filter((one) => one.ref !== undefined).map((one) => one.ref);
  t.same(
    refs,
    Array.from({ length: 100 }, (_, ref) => ref),
  );
});

t.test('[NP8] everything may be sent at once: join, what follows, leave, and join again', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  await ada.news();
  const commands = [
    { type: 'join', roomId: 'room', user: { userId: 'ada' } },
    { type: 'select', planetId: 'p' },
    { type: 'leave' },
    { type: 'join', roomId: 'room', user: { userId: 'ada' } },
    { type: 'message', text: 'back' },
  ];
  for (const [ref, command] of commands.entries()) ada.send({ ...command, ref });
  const answers = (await ada.news()).filter((one) => one.ref !== undefined);
  t.same(
    answers.map(({ ref, op, type }) => [ref, op, type]),
    commands.map(({ type }, ref) => [ref, type, 'ack']),
  );
  t.hasStrict(await ada.ask({ type: 'message', text: 'still there' }), { type: 'ack' });
});

t.test('[NP8] a request for synchronisation right behind the join is answered', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  await ada.news();
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' }, ref: 1 });
  ada.send({ type: 'requestSync', ref: 2 });
  ada.send({ type: 'heartbeat', ref: 3 });
  const news = (await ada.news()).filter((one) => one.ref !== undefined && one.op !== 'heartbeat');
  t.same(
    news.map(({ ref, type }) => [ref, type]),
    [
      [1, 'ack'],
      [2, 'syncResponse'],
    ],
  );
});

t.test('[NP8] what is sent while a token is verified waits for it, in its order', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const ada = at.person(await bearer({ sub: 'ada' }));
  ada.send({ type: 'join', roomId: 'room', ref: 1 });
  for (let ref = 2; ref < 50; ref++) ada.send({ type: 'message', text: 'x', ref });
  const welcome = await at.until(() => ada.heard()[0], 'welcome');
  t.equal(welcome.type, 'welcome');
  const refs = (await ada.news()).filter((one) => one.ref !== undefined).map((one) => one.ref);
  t.same(
    refs,
    Array.from({ length: 49 }, (_, index) => index + 1),
  );
});

t.test('[NP8] what is sent behind an auth message waits for its verdict', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const ada = at.person();
  ada.send({ type: 'auth', token: await token({ sub: 'ada' }), ref: 1 });
  ada.send({ type: 'join', roomId: 'room', ref: 2 });
  ada.send({ type: 'message', text: 'x', ref: 3 });
  await at.until(() => ada.heard().find((one) => one.ref === 1), 'the ack of auth');
  const acks = (await ada.news()).filter((one) => one.ref !== undefined);
  t.same(types(acks), ['ack', 'ack', 'ack']);
  t.same(
    acks.map((one) => one.ref),
    [1, 2, 3],
  );
});

t.test('[NP8] a connection that ends with commands under way leaves nothing half done', async (t) => {
  const log = createGatedLog();
  const at = await stage(t, {}, { log });
  const ben = await at.member('ben');
  const ada = at.person();
  log.hold();
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  ada.send({ type: 'select', planetId: 'p' });
  ada.send({ type: 'message', text: 'last words' });
  await at.settle();
  ada.wire.close();
  log.release();
  const news = await ben.news();
  t.equal(ofType(news, 'message').at(-1)?.text, 'last words');
  t.same(ofType(news, 'presence').at(-1)?.users.length ?? 1, 1);
  t.same(ofType(news, 'selection_state').at(-1)?.selected ?? {}, {});
});

t.test('[NP8] a join with five hundred commands right behind it', async (t) => {
  const at = await stage(t);
  const ada = at.person();
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  for (let ref = 0; ref < 500; ref++) ada.send({ type: 'message', text: 'queued while offline', ref });
  const acks = ofType(await ada.news(), 'ack').filter((one) => one.ref !== undefined);
  t.equal(ada.wire.closedWith, undefined);
  t.equal(acks.length, 500);
});
