import t from 'tap';
import type { Message } from '../support/wire.ts';
import { add, bearer, ofType, stage, types, update } from './person.ts';

const relay = (event: string, more: Message = {}): Message => ({ type: 'relay', event, data: null, ...more });
const edit = (id: string, data: Message) => ({ type: 'update', target: 'item', id, data });
const names = (messages: readonly Message[]) => ofType(messages, 'event').map((one) => one.event);

t.test('[EV1] the others get it as it came, with an id, a time, and who it is from', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const tab = await at.member('ada');
  await Promise.all([ada, ben].map((one) => one.news()));
  for (const data of [null, 0, 'x', [1, [null]], { type: 'mine', roomId: 'other', ключ: '😀' }]) {
    const ack = await ada.ask(relay('component:updated', { data }));
    t.match(ack, { type: 'ack', op: 'relay', ok: true, roomId: 'room', version: 0, id: String });
    for (const one of [ben, tab]) {
      const [event, ...more] = await one.news();
      t.same(more, []);
      const { offset, timestamp, ...rest } = event ?? {};
      t.type(offset, 'number');
      t.type(timestamp, 'number');
      t.strictSame(rest, {
        type: 'event',
        roomId: 'room',
        id: ack.id,
        event: 'component:updated',
        data,
        userId: 'ada',
        connectionId: ada.wire.id,
      });
    }
  }
  t.same(names(ada.heard()), [], 'its own is not sent to it');
});

t.test('[EV1] with toAll its author gets it, too', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  ada.send(relay('for all', { toAll: true }));
  ada.send(relay('for others', { toAll: false }));
  t.same(names(await ben.news()), ['for all', 'for others']);
  const news = await ada.news();
  t.same(names(news), ['for all']);
  t.notOk('toAll' in (ofType(news, 'event')[0] ?? {}));
});

t.test('[EV1] [NP7] in batch frames its author knows it by the connection id', async (t) => {
  const at = await stage(t);
  const batch = { protocol: 'tandem.v1' };
  const [ada, ben] = [await at.member('ada', 'room', batch), await at.member('ben', 'room', batch)];
  ada.send(relay('moved'));
  for (const one of [ada, ben]) {
    t.match(ofType(await one.news(), 'event'), [{ event: 'moved', connectionId: ada.wire.id }]);
  }
});

t.test('[EV2] [EV3] operations reach everybody as a delta, behind the event', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  const remove = { type: 'remove', target: 'item', id: 'none' };
  const ack = await ada.ask(relay('moved', { operations: [edit('i', { n: 1 }), remove], opId: 'o' }));
  t.match(ack, { version: 1, opId: 'o' });
  const news = await ben.news();
  t.same(types(news), ['event', 'sceneDelta']);
  const delta = {
    fromVersion: 0,
    toVersion: 1,
    operations: [{ ...add('i').operation, data: { id: 'i', n: 1 } }],
  };
  t.match(news[1], delta);
  t.match(ofType(await ada.news(), 'sceneDelta'), [delta], 'its author, too');
  await ben.ask(relay('moved', { operations: [{ ...add('i').operation, data: { n: 2 } }] }));
  t.match(ofType(await ada.news(), 'sceneDelta'), [{ operations: [edit('i', { n: 2 })] }]);
  t.strictSame((await ada.ask({ type: 'requestSync' })).manifest.items, { i: { id: 'i', n: 2 } });
});

t.test('[EV4] what is refused is heard by nobody', async (t) => {
  const at = await stage(t, { AUTH: 'required' });
  const member = async (sub: string, more: Message = {}) =>
    at.member(sub, 'room', await bearer({ sub, ...more }));
  const [ada, ben] = [await member('ada'), await member('ben')];
  await ada.ask(add('i'));
  await ada.ask({ type: 'select', planetId: 'i' });
  await ada.news();
  const operations = [edit('j', { n: 1 }), edit('i', { n: 1 })];
  t.hasStrict(await ben.ask(relay('moved', { operations, opId: 'o' })), {
    type: 'conflict',
    op: 'relay',
    planetId: 'i',
    lockedBy: 'ada',
    opId: 'o',
  });
  t.hasStrict(await (await member('eve', { role: 'viewer' })).ask(relay('moved')), { code: 'FORBIDDEN' });
  t.same(ofType(await ada.news(), 'event'), []);
  t.equal((await ada.ask({ type: 'requestSync' })).version, 1);
});

t.test('[EV5] events, messages and text operations come in one order', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await at.pass(50);
  for (let round = 0; round < 5; round++) {
    ada.send(relay(`e${round}`));
    ada.send({ type: 'message', text: 'x' });
    ada.send({ type: 'operation', documentId: 'd', operation: ['x'], version: round });
  }
  const news = await ben.news();
  t.same(types(news), Array.from({ length: 5 }, () => ['event', 'message', 'operation']).flat());
  const offsets = news.map((one) => one.offset);
  t.same(
    offsets,
    offsets.toSorted((a, b) => a - b),
  );
});

t.test('[EV5] [RS2] who comes back gets what was missed, each once', async (t) => {
  const at = await stage(t);
  const [ada, ben] = [await at.member('ada'), await at.member('ben')];
  await ada.ask(relay('before'));
  const { epoch, version, offset } = await ben.ask({ type: 'requestSync' });
  await ben.news();
  await ben.ask(relay('mine'));
  const former = ben.wire.id;
  ben.wire.close(false);
  await ada.ask(relay('one', { operations: [edit('i', { n: 1 })] }));
  await ada.ask(relay('two'));
  const back = at.person();
  await back.news();
  await back.join('room', 'ben', { since: { epoch, version, offset } });
  const news = await back.news();
  t.same(names(news), ['mine', 'one', 'two']);
  t.equal(ofType(news, 'event')[0]?.connectionId, former, 'its own is known by the connection it came by');
  t.match(ofType(news, 'sceneDelta'), [{ fromVersion: 0, toVersion: 1 }]);
  await ada.ask(relay('three'));
  t.same(names(await back.news()), ['three']);
  const sync = await back.ask({ type: 'requestSync', version: 1, offset });
  t.equal(sync.mode, 'current');
  t.same(names(await back.news()), ['mine', 'one', 'two', 'three']);
});

for (const protocol of ['', 'tandem.v1']) {
  t.test(
    `[EV5] [SR3] one that lagged gets what it lost, its own aside (${protocol || 'single frames'})`,
    async (t) => {
      const at = await stage(t, { MAX_MESSAGE_BYTES: '4096', MAX_BUFFERED_BYTES: '4096' });
      const ada = await at.member('ada');
      const ben = await at.member('ben', 'room', { protocol });
      ben.wire.stall();
      const long = { data: 'x'.repeat(3000) };
      for (let round = 0; round < 5; round++) {
        await ada.ask(relay(`e${round}`, long));
        ben.send(relay('mine'));
        ben.send(relay('mine for all', { toAll: true }));
        await at.pass(32);
      }
      ben.wire.read();
      // Batch frames from before it lagged hold its own.
      const heard = names(await ben.news()).filter((one) => protocol === '' || one !== 'mine');
      const expected = Array.from({ length: 5 }, (_, round) => [`e${round}`, 'mine for all']).flat();
      t.same(heard, expected);
      await ada.ask(relay('live again'));
      t.same(names(await ben.news()), ['live again']);
    },
  );
}

t.test('[EV5] relayed events survive a while without anybody, and are no part of the state', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const { epoch, version, offset } = await ada.ask({ type: 'requestSync' });
  await ada.ask(relay('moved'));
  await ada.ask({ type: 'leave' });
  await at.pass(500);
  const back = at.person();
  await back.news();
  await back.join('room', 'ada', { since: { epoch, version, offset } });
  t.same(names(await back.news()), ['moved']);
  const fresh = at.person();
  await fresh.news();
  await fresh.join('room', 'eve');
  t.same(names(await fresh.news()), []);
});

t.test('[ER2] what is wrong with its operations is named', async (t) => {
  const at = await stage(t);
  const ada = await at.member('ada');
  const cases: [unknown[], string][] = [
    [[edit('i', {}), { type: 'update', target: 'item', id: 'i' }], 'operations[1].data'],
    [[{ type: 'remove', target: 'item' }], 'operations[0].id'],
    [[{ type: 'add', target: 'scene', data: {} }], 'operations[0].type'],
    [[{ type: 'move', target: 'item', id: 'i' }], 'operations[0].type'],
  ];
  for (const [operations, path] of cases) {
    t.hasStrict(await ada.ask(relay('moved', { operations })), {
      type: 'error',
      op: 'relay',
      code: 'INVALID_FIELD',
      path,
    });
  }
  t.hasStrict(await ada.ask(relay('moved', { data: { a: JSON.parse('{"__proto__":1}') } })), {
    code: 'FORBIDDEN_KEY',
    path: 'data.a.__proto__',
  });
});

t.test('[RL1] each operation of a relay counts', async (t) => {
  const at = await stage(t, { STREAM_LIMIT: '50/1s' });
  const ada = await at.member('ada');
  await at.pass(5000, 500);
  const operations = Array.from({ length: 40 }, (_, n) => edit('i', { n }));
  t.hasStrict(await ada.ask(relay('moved', { operations })), { ok: true });
  t.hasStrict(await ada.ask(relay('moved', { operations })), { ok: true });
  t.hasStrict(await ada.ask(relay('moved', { operations })), { code: 'RATE_LIMITED', op: 'relay' });
  t.hasStrict(await ada.ask(update('i', { n: 0 })), { ok: true });
});
