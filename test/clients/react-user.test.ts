import {
  Activity,
  type ActivityProps,
  type ExoticComponent,
  createElement as h,
  use,
  useEffect,
} from 'react';
import t, { type Test } from 'tap';
import type { Client } from '../../clients/client/index.ts';
import { RoomProvider, useRoom, useRoomStatus } from '../../clients/react/index.ts';
import { token } from '../native/person.ts';
import { below, mount, showing } from './react-stage.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

// Its types know children as a property only.
const hideable = Activity as ExoticComponent<Omit<ActivityProps, 'children'>>;

/** A page that has rendered the room for a guest: without a boundary nothing of that is ever mounted. */
async function renderedInVain(t: Test, client: Client) {
  let renders = 0;
  const never = new Promise<string>(() => {});
  const Waiting = showing(() => {
    renders += 1;
    return use(never);
  });
  const page = mount(t, below(client, h(RoomProvider, { id: 'r', user: { userId: 'guest' } }, h(Waiting))));
  await until(() => renders > 0, 'a render in vain');
  return page;
}

t.test('a room is joined as who it is rendered for in the end', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const client = at.client();
  const Shown = showing(() => useRoomStatus());
  const page = await renderedInVain(t, client);
  const asAda = h(RoomProvider, { id: 'r', user: { userId: 'ada' } }, h(Shown));
  page.render(below(client, asAda, h(RoomProvider, { id: 'r' }, h(Shown))));
  await until(() => page.text() === 'joinedjoined', 'the room');
  await until(() => ben.presence.others.length > 0, 'who has come');
  t.match(ben.presence.others, [{ userId: 'ada' }]);
});

t.test('a room that was hidden is joined as who it is rendered for when it is shown', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const client = at.client();
  let renders = 0;
  const Shown = showing(() => {
    renders += 1;
    return useRoomStatus();
  });
  const page = (mode: 'visible' | 'hidden', userId: string) =>
    below(client, h(hideable, { mode }, h(RoomProvider, { id: 'r', user: { userId } }, h(Shown))));
  const mounted = mount(t, page('hidden', 'guest'));
  await until(() => renders === 1, 'who is hidden');
  mounted.render(page('hidden', 'ada'));
  await until(() => renders === 2, 'another');
  mounted.render(page('visible', 'ada'));
  await until(() => ben.presence.others.length > 0, 'who has come');
  t.match(ben.presence.others, [{ userId: 'ada' }]);
});

t.test('a user that a render in vain has given is nobody’s any more', async (t) => {
  const at = await clientStage(t);
  const client = at.client({ getToken: () => token({ sub: 'ada' }) });
  const Shown = showing(() => useRoomStatus());
  const page = await renderedInVain(t, client);
  page.render(below(client, h(RoomProvider, { id: 'r' }, h(Shown))));
  await until(() => /joined|refused/.test(page.text()), 'the room');
  t.equal(page.text(), 'joined');
});

t.test('what the first effects say of oneself stays said', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const client = at.client();
  const Shown = showing(() => {
    const { presence } = useRoom();
    useEffect(() => void presence.update({ mood: 'fine' }), [presence]);
    return useRoomStatus();
  });
  const page = mount(t, below(client, h(RoomProvider, { id: 'r', user: { userId: 'ada' } }, h(Shown))));
  await until(() => page.text() === 'joined', 'the room');
  await client.rooms.get('r')?.presence.update({ hat: 'red' });
  await until(() => ben.presence.others[0]?.hat === 'red', 'the latest');
  t.match(ben.presence.others, [{ userId: 'ada', mood: 'fine' }]);
});
