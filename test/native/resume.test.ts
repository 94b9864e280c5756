import t from 'tap';
import { RoomReplica } from '../e2e/room-replica.ts';
import type { Message } from '../support/wire.ts';
import { add, ofType, type Person, remove, type Stage, stage, types, update } from './person.ts';

const say = (text: string) => ({ type: 'message', text });
const edit = (operation: unknown[], version: number) => ({
  type: 'operation',
  documentId: 'd',
  operation,
  version,
});

/** What comes after presence and selection_state of a join. */
async function resumed(
  at: Stage,
  since: Message,
  userId = 'ben',
): Promise<{ ack: Message; rest: Message[] }> {
  const one = at.person();
  await one.news();
  const ack = await one.join('room', userId, { since });
  const news = await one.news();
  t.same(types(news.slice(0, 3)), ['ack', 'presence', 'selection_state']);
  const rest = news.slice(3);
  one.send({ type: 'leave' });
  await one.news();
  return { ack, rest };
}

async function position(one: Person): Promise<{ epoch: string; version: number; offset: number }> {
  const { epoch, version, offset } = await one.ask({ type: 'requestSync' });
  return { epoch, version, offset };
}

t.test('[RS1] another epoch gets the whole state', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  const { version, offset } = await position(ada);
  const { rest } = await resumed(at, { epoch: 'of another life', version, offset });
  t.same(types(rest), ['sceneState']);
  t.hasStrict(rest[0], { version, offset });
  const sync = await ada.ask({ type: 'requestSync', epoch: 'of another life', version, offset });
  t.equal(sync.mode, 'full');
});

t.test(
  '[RS2] a join with since gets what it missed: operations as one delta, the rest each once',
  async (t) => {
    const at = await stage(t);
    const ada = await at.member('ada');
    await ada.ask(add('i', { n: 0 }));
    await ada.ask(say('before'));
    await ada.ask(edit(['a'], 0));
    const since = await position(ada);
    await ada.ask(update('i', { n: 1 }));
    await ada.ask(say('one'));
    await ada.ask(edit(['b'], 1));
    await ada.ask(update('i', { n: 2 }));
    await ada.ask(add('j'));
    await ada.ask(remove('j'));
    await ada.ask(say('two'));

    const { ack, rest } = await resumed(at, since);
    t.hasStrict(ack, { epoch: since.epoch, version: since.version + 4 });
    t.same(types(rest).sort(), ['message', 'message', 'operation', 'sceneDelta']);
    t.same(
      ofType(rest, 'message').map((one) => one.text),
      ['one', 'two'],
    );
    t.hasStrict(ofType(rest, 'operation')[0], { operation: ['b'], version: 2 });
    const [delta] = ofType(rest, 'sceneDelta');
    t.hasStrict(delta, { fromVersion: since.version, toVersion: since.version + 4, offset: ack.offset });
    t.strictSame(delta?.operations, [{ type: 'update', target: 'item', id: 'i', data: { n: 2 } }]);

    t.same((await resumed(at, await position(ada))).rest, [], 'who has missed nothing gets nothing');
    const { epoch, version, offset } = since;
    t.same(types((await resumed(at, { epoch, version })).rest), ['sceneDelta'], 'version alone: the scene');
    t.same(
      types((await resumed(at, { epoch, offset })).rest),
      ['sceneState'],
      'offset alone: the whole state',
    );
  },
);

t.test('[RS2] from every position, nothing is missed and nothing comes twice', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const watcher = await at.member('watcher');
  const { epoch } = await position(ada);
  for (let round = 0; round < 12; round++) {
    ada.send(say(`m${round}`));
    ada.send(add(`i${round}`));
    ada.send(edit([String(round % 10)], round));
    if (round % 3 === 2) await at.pass(16);
  }
  const all = await watcher.news();
  const texts = ofType(all, 'message').map((one) => one.text);
  for (const [index, { type, offset, toVersion }] of all.entries()) {
    if (type === 'sceneDelta') continue;
    const version = all.slice(0, index).findLast((one) => one.type === 'sceneDelta')?.toVersion ?? 0;
    t.equal(toVersion, undefined);
    const { rest } = await resumed(at, { epoch, version, offset });
    const seen = ofType(all.slice(0, index + 1), 'message').map((one) => one.text);
    t.same([...seen, ...ofType(rest, 'message').map((one) => one.text)], texts);
    const added = ofType(rest, 'sceneDelta').flatMap((one) => one.operations.map((op: Message) => op.id));
    t.same(
      added,
      Array.from({ length: 12 - version }, (_, count) => `i${version + count}`),
    );
  }
});

t.test('[RS3] where some of it is no longer kept, or lies ahead, the whole state', async (t) => {
  const at = await stage(t, { KEPT_EVENTS: '4' });
  const ada = await at.member('ada');
  await ada.ask(add('i'));
  const since = await position(ada);
  for (let count = 0; count < 10; count++) await ada.ask(say(`${count}`));
  const { ack, rest } = await resumed(at, since);
  t.same(types(rest), ['sceneState']);
  t.hasStrict(rest[0], { epoch: since.epoch, version: 1, offset: ack.offset });
  t.equal(rest[0]?.messages.length, 10);
  const now = await position(ada);
  const ahead = [{ version: now.version + 1 }, { offset: now.offset + 100 }, { version: 2 ** 50, offset: 1 }];
  for (const more of ahead) {
    t.same(types((await resumed(at, { ...now, ...more })).rest), ['sceneState'], JSON.stringify(more));
    t.equal((await ada.ask({ type: 'requestSync', ...now, ...more })).mode, 'full');
  }
  t.same(
    types((await resumed(at, { epoch: now.epoch })).rest),
    ['sceneState'],
    'an epoch alone says nothing',
  );
});

t.test('[RS3] a version amid a command that was applied as a whole', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const operations = ['a', 'b', 'c'].map((id) => add(id).operation);
  await ada.ask({ type: 'sceneOperation', operations });
  const { epoch, offset } = await position(ada);
  t.same(types((await resumed(at, { epoch, version: 1, offset })).rest), ['sceneState']);
});

t.test('[RS4] requestSync answers current, delta or full', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(add('i', { n: 1 }));
  const since = await position(ada);
  await ben.news();
  const current = await ben.ask({ type: 'requestSync', ...since });
  t.strictSame(
    { ...current, ref: 0 },
    { type: 'syncResponse', roomId: 'room', ref: 0, mode: 'current', ...since },
  );
  await ada.ask(update('i', { n: 2 }));
  await ada.ask(say('missed'));
  await ben.news();
  const delta = await ben.ask({ type: 'requestSync', ...since });
  t.hasStrict(delta, { mode: 'delta', fromVersion: 1, version: 2, epoch: since.epoch });
  t.strictSame(delta.operations, [{ type: 'update', target: 'item', id: 'i', data: { n: 2 } }]);
  t.same(
    types(await ben.news()).filter((one) => one !== 'syncResponse'),
    ['message'],
    'what else was missed',
  );
  const withoutEpoch = await ben.ask({ type: 'requestSync', version: since.version });
  t.hasStrict(withoutEpoch, { mode: 'delta' });
  const full = await ben.ask({ type: 'requestSync' });
  t.hasStrict(full, { mode: 'full', version: 2 });
  t.strictSame(full.manifest.items, { i: { id: 'i', n: 2 } });
  t.same(
    full.messages.map((one: Message) => one.text),
    ['missed'],
  );
});

t.test('[RS4] with documentId it answers that document', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  await ada.ask(edit(['abc'], 0));
  const sync = await ada.ask({ type: 'requestSync', documentId: 'd' });
  t.strictSame(sync.documents, { d: { version: 1, text: 'abc' } });
  t.notOk('manifest' in sync);
});

t.test('[RS2] over and over, by a client that is cut off amid the traffic', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  let ben = await at.member('ben');
  const { epoch } = await position(ada);
  const heard: string[] = [];
  let offset = 0;
  for (let round = 0; round < 40; round++) {
    ada.send(say(`${round}`));
    if (round % 4 === 1) {
      // What arrived is read; what is under way is lost with the connection.
      for (const one of ofType(ben.look(), 'message')) {
        heard.push(one.text);
        offset = one.offset;
      }
      ben.wire.close(false);
      await at.pass(round % 3 === 0 ? 16 : 3);
      ben = at.person();
      ben.send({
        type: 'join',
        roomId: 'room',
        user: { userId: 'ben' },
        since: { epoch, version: 0, offset },
      });
    }
    await at.pass(5);
  }
  for (const one of ofType(await ben.news(), 'message')) heard.push(one.text);
  t.same(
    heard,
    Array.from({ length: 40 }, (_, round) => `${round}`),
  );
});

/** Ben, as he knows the room from what has arrived, while more is under way to him. */
async function between(at: Stage): Promise<{ ada: Person; ben: Person; replica: RoomReplica }> {
  const ada = await at.member('ada');
  const ben = at.person();
  const replica = new RoomReplica('room');
  ben.send({ type: 'join', roomId: 'room', user: { userId: 'ben' }, scene: true });
  ada.send(add('i'));
  for (const one of await ben.news()) replica.receive(one);
  return { ada, ben, replica };
}

for (const [what, leaves] of [
  ['that is in the room', false],
  ['that leaves it and does not wait for the answer', true],
] as const) {
  t.test(`[RS6] nothing comes twice to a connection ${what}, and joins with since`, async (t) => {
    const at = await stage(t);
    const { ada, ben, replica } = await between(at);
    const { since } = replica;
    for (const round of [0, 1, 2]) {
      ada.send(say(`${round}`));
      ada.send(add(`j${round}`));
      ada.send(edit([`${round}`], round));
      await at.pass(16);
    }
    // He has read nothing of it yet.
    if (leaves) ben.send({ type: 'leave' });
    ben.send({ type: 'join', roomId: 'room', user: { userId: 'ben' }, scene: true, since });
    ada.send(say('3'));
    await at.pass(16);
    ada.send(say('4'));
    for (const one of await ben.news()) replica.receive(one);
    t.same(replica.faults, []);
    t.equal(replica.version, 4);
    t.equal(replica.text('d').text, '210');
    t.same(
      replica.messages.map(({ text }) => text),
      ['0', '1', '2', '3', '4'],
    );
  });
}

t.test('[RS6] [RS2] who has all that was sent and comes back over the same connection', async (t) => {
  const at = await stage(t);
  const { ada, ben, replica } = await between(at);
  await ben.ask({ type: 'leave' });
  ada.send(say('missed'));
  await at.pass(16);
  const { since } = replica;
  ben.send({ type: 'join', roomId: 'room', user: { userId: 'ben' }, scene: true, since });
  const news = await ben.news();
  t.same(ofType(news, 'sceneState'), [], 'gets no more than what it missed');
  t.same(
    ofType(news, 'message').map(({ text }) => text),
    ['missed'],
  );
});
