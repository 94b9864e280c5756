import t from 'tap';
import { stage } from './scripted.ts';

t.test('a connection that broke unnoticed is found out when something happens to the network', async (t) => {
  const page = new EventTarget();
  t.intercept(globalThis, 'addEventListener' as never, { value: page.addEventListener.bind(page) });
  t.intercept(globalThis, 'removeEventListener' as never, { value: page.removeEventListener.bind(page) });
  const { client, sockets, pass, last } = stage(t);
  for (const event of ['online', 'offline']) {
    await pass(2000);
    last().open();
    const before = sockets.length;
    page.dispatchEvent(new Event(event));
    t.match(last().sent.at(-1), { type: 'heartbeat' });
    last().say({ type: 'ack', op: 'heartbeat', ok: true, ts: last().sent.at(-1)?.ts });
    await pass(11_000);
    t.equal(client.status, 'open', 'somebody answers');
    page.dispatchEvent(new Event(event));
    await pass(10_000);
    await pass(1000);
    t.equal(sockets.length, before + 1, 'nobody does');
  }
});

t.test(
  'an older server, which says less, is understood; what a newer one says more is left out',
  async (t) => {
    const { client, pass, last } = stage(t);
    const room = client.join('r', { user: { userId: 'ada' } });
    const chats: string[] = [];
    room.chat.on('message', ({ text }) => chats.push(text));
    await pass(0);
    last().open({});
    t.equal(client.status, 'open');
    const { ref } = last().sent[0] ?? {};
    last().say(
      { type: 'ack', op: 'join', ok: true, ref, roomId: 'r', ofTomorrow: { deep: [1] } },
      { type: 'presence', roomId: 'r' },
      { type: 'selection_state', roomId: 'r' },
      { type: 'sceneState', roomId: 'r', version: 1, manifest: { items: { a: { id: 'a', x: 1 } } } },
      { type: 'of-tomorrow', roomId: 'r' },
      {
        type: 'sceneDelta',
        roomId: 'r',
        fromVersion: 1,
        toVersion: 2,
        operations: [{ type: 'update', target: 'item', id: 'a', data: { x: 2 } }],
      },
      { type: 'message', roomId: 'r', id: 'm', text: 'hello', userId: 'ben' },
      { type: 'presence', roomId: 'r', users: [{ userId: 'ada', ofTomorrow: 1 }], ofTomorrow: true },
      { type: 'error', op: 'of-tomorrow', ok: false, code: 'OF_TOMORROW', message: 'no', roomId: 'r' },
    );
    await pass(0);
    t.equal(room.status, 'joined');
    t.match(room.scene.items.get('a'), { x: 2 });
    t.equal(room.scene.version, 2);
    t.same(chats, ['hello']);
    t.match(room.presence.users, [{ userId: 'ada', ofTomorrow: 1 }]);
    await pass(29_000);
    t.notMatch(last().sent.at(-1), { type: 'heartbeat' });
    await pass(1000);
    t.match(last().sent.at(-1), { type: 'heartbeat' }, 'as often as usual');
    last().say({ type: 'ack', op: 'heartbeat', ok: true });
    last().end(1006);
    await pass(1000);
    last().open({});
    t.match(last().sent.at(-1), { type: 'join', since: { version: 2 } });
  },
);
