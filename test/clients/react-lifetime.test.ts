import {
  Activity,
  type ActivityProps,
  type ExoticComponent,
  createElement as h,
  type ReactNode,
  Suspense,
  use,
  useEffect,
} from 'react';
import { renderToString } from 'react-dom/server';
import t, { type Test } from 'tap';
import type { ClientClock } from '../../clients/client/clock.ts';
import { Events } from '../../clients/client/events.ts';
import type { Person, Room } from '../../clients/client/index.ts';
import {
  RoomProvider,
  useItem,
  useMyPresence,
  useOthers,
  usePending,
  useRoom,
  useRoomEvent,
  useRoomStatus,
  useScene,
  useSelection,
  useStatus,
  useText,
  useUndo,
} from '../../clients/react/index.ts';
import { below, hydrate, inStrict, mount, recorded, showing } from './react-stage.ts';
import { type ClientStage, clientStage, until } from './stage.ts';

t.setTimeout(550_000);

/** Subscriptions to anything of any client that have not ended. */
let listening = 0;
const { on } = Events.prototype;
Events.prototype.on = function counted(this: never, ...args: never) {
  const end = (on as (...all: never) => () => void).apply(this, args);
  let isOver = false;
  listening += 1;
  return () => {
    if (!isOver) listening -= 1;
    isOver = true;
    end();
  };
} as never;

/** The clock of the machine, and how many wait for it. */
function counting(): { clock: ClientClock; waiting: Set<object> } {
  const waiting = new Set<object>();
  const clock: ClientClock = {
    monotonic: () => performance.now(),
    after(delayMs, action) {
      const timer = setTimeout(() => {
        waiting.delete(timer);
        action();
      }, delayMs);
      waiting.add(timer);
      return () => {
        waiting.delete(timer);
        clearTimeout(timer);
      };
    },
  };
  return { clock, waiting };
}

const user = { userId: 'ada' };
const everything = () => {
  useOthers();
  useMyPresence();
  useSelection();
  useUndo();
  useItem('lamp');
  useRoomEvent('cursor', () => {});
  return [useText('notes')[0], useScene().items.size, useStatus(), useRoomStatus(), usePending()].join(' ');
};
const Everything = showing(everything);
// Its types know children as a property only.
const hideable = Activity as ExoticComponent<Omit<ActivityProps, 'children'>>;
const inRoom = (...children: ReactNode[]) => h(RoomProvider, { id: 'r', user }, ...children);

/** Somebody else in the room, and who was seen to come and to go. */
async function observer(at: ClientStage): Promise<{ room: Room; seen: string[] }> {
  const room = at.client().join('r', { user: { userId: 'ben' } });
  await room.joined;
  const seen: string[] = [];
  let before: string[] = [];
  room.presence.on('change', () => {
    const now = room.presence.others.map(({ userId }: Person) => userId);
    for (const one of now) if (!before.includes(one)) seen.push(`${one} comes`);
    for (const one of before) if (!now.includes(one)) seen.push(`${one} goes`);
    before = now;
  });
  return { room, seen };
}

async function gone(t: Test, { room, seen }: { room: Room; seen: string[] }): Promise<void> {
  await until(() => room.presence.others.length === 0, 'who has left');
  t.same(seen, ['ada comes', 'ada goes']);
}

t.test(
  'in strict mode a room is joined once, and left when all have gone, with nothing left over',
  async (t) => {
    const at = await clientStage(t);
    const ben = await observer(at);
    const { clock, waiting } = counting();
    const { client, sent } = recorded(at, { clock });
    client.join('another', { user });
    await until(() => client.status === 'open', 'a connection');
    const [subscriptions, timers] = [listening, waiting.size];
    const page = mount(t, inStrict(below(client, inRoom(h(Everything)), inRoom(h(Everything)))));
    await until(() => page.text().includes('joined'), 'the room');
    await until(() => ben.room.presence.others.length === 1, 'the other');
    await ben.room.scene.add('lamp');
    await until(() => /1 open joined 0.* 1 open joined 0/.test(page.text()), 'the lamp in both');
    t.ok(listening > subscriptions + 10, `${listening - subscriptions} subscriptions`);
    page.render(inStrict(below(client, inRoom(h(Everything)))));
    await until(() => page.container.textContent.match(/joined/g)?.length === 1, 'one of two');
    await ben.room.scene.add('chair');
    await until(() => page.text().includes('2 open joined'), 'the room is still in use');
    t.equal(client.rooms.get('r')?.status, 'joined');
    t.same(
      sent.filter((type) => /join|leave/.test(type)),
      ['join', 'join'],
      'one for each room',
    );
    page.unmount();
    await gone(t, ben);
    t.equal(listening, subscriptions, 'no subscription is left');
    t.same([...client.rooms.keys()], ['another']);
    await until(() => waiting.size <= timers, 'no timer is left');
    t.equal(sent.filter((type) => type === 'leave').length, 1);
  },
);

t.test('who is mounted in the place of another goes on in the same room', async (t) => {
  const at = await clientStage(t);
  const ben = await observer(at);
  const { client, sent } = recorded(at);
  const page = mount(t, below(client, h('div', { key: 1 }, inRoom(h(Everything)))));
  await until(() => page.text().includes('joined'), 'the room');
  const room = client.rooms.get('r');
  page.render(below(client, h('main', { key: 2 }, inRoom(h(Everything)))));
  await until(() => [...page.container.children].length === 1 && page.text().includes('joined'), 'the next');
  await ben.room.scene.add('lamp');
  await until(() => page.text().includes('1 open'), 'what happens there');
  t.equal(client.rooms.get('r'), room);
  t.same(
    sent.filter((type) => /join|leave/.test(type)),
    ['join'],
  );
  page.unmount();
  await gone(t, ben);
});

t.test('commands of the first effects arrive, wherever in the tree they are given', async (t) => {
  const at = await clientStage(t);
  const ben = await observer(at);
  const effects: string[] = [];
  const Writer = showing(({ id }: { id: string }) => {
    const { scene } = useRoom();
    useEffect(() => {
      effects.push(id);
      scene.add(id);
    }, [scene, id]);
    return useScene(({ items }) => [...items.keys()].sort().join());
  });
  const Alone = showing(() => {
    const { scene } = useRoom('r', { user });
    useEffect(() => {
      effects.push('c');
      scene.add('c');
    }, [scene]);
    return '';
  });
  const one = (id: string) => inRoom(h(Writer, { id }));
  const page = mount(t, below(at.client(), one('a'), one('b'), h(Alone)));
  await until(() => ben.room.scene.items.size === 3, 'all three');
  await until(() => page.text() === 'a,b,ca,b,c', 'in both');
  t.same(effects.sort(), ['a', 'b', 'c'], 'each once, for all have the same room from the first');
});

t.test('a render that never ends joins nothing', async (t) => {
  const at = await clientStage(t);
  const { client, sent } = recorded(at, { lazy: true });
  const Endless = showing(() => use(new Promise<string>(() => {})));
  // Without a boundary nothing of the tree is ever mounted.
  const page = mount(t, below(client, inRoom(h(Everything), h(Endless))));
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.same([page.text(), client.rooms.size, client.status, sent], ['', 0, 'connecting', []]);
  page.render(below(client, inRoom(h(Everything), h(Suspense, { fallback: 'wait' }, h(Endless)))));
  await until(() => page.text().includes('open joined 0wait'), 'the rest');
});

t.test('what is hidden leaves the room, and joins it again when it is shown', async (t) => {
  const at = await clientStage(t);
  const ben = await observer(at);
  const client = at.client();
  const shown = (mode: 'visible' | 'hidden') => below(client, h(hideable, { mode }, inRoom(h(Everything))));
  const page = mount(t, shown('visible'));
  await until(() => page.text().includes('joined'), 'the room');
  await until(() => ben.room.presence.others.length === 1, 'the other');
  page.render(shown('hidden'));
  await gone(t, ben);
  await ben.room.scene.add('lamp');
  page.render(shown('visible'));
  await until(() => page.text().includes('1 open joined'), 'the room again');
  await until(() => ben.seen.length === 3, 'the other again');
});

t.test('a room that the application has joined itself is not left', async (t) => {
  const at = await clientStage(t);
  const ben = await observer(at);
  const client = at.client();
  const own = client.join('r', { user });
  await own.joined;
  const page = mount(t, below(client, inRoom(h(Everything))));
  await until(() => page.text().includes('joined'), 'the room');
  page.unmount();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await own.chat.send('still here');
  await until(() => ben.room.chat.messages.length === 1, 'the message');
  t.same(ben.seen, ['ada comes']);
});

t.test('a page is rendered on a server without a connection, and taken over as it is', async (t) => {
  const at = await clientStage(t);
  const ben = await observer(at);
  await ben.room.scene.add('lamp');
  const server = recorded(at, { lazy: true });
  const html = renderToString(below(server.client, inRoom(h(Everything))));
  t.equal(html, '<div> 0 connecting joining 0</div>');
  const known = at.client();
  // The client of the page may know more by then.
  await known.join('r', { user }).joined;
  const page = hydrate(t, html, below(known, inRoom(h(Everything))));
  await until(() => page.text().includes('1 open joined 0'), 'what the room has');
  t.same(page.faults, []);
  t.same([server.client.rooms.size, server.sent], [0, []]);
});
