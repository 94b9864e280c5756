import { createElement as h, use } from 'react';
import t from 'tap';
import { RoomProvider, useRoomStatus } from '../../clients/react/index.ts';
import { below, mount, showing } from './react-stage.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

t.test('a room is joined as who it is rendered for in the end', async (t) => {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const client = at.client();
  let renders = 0;
  const never = new Promise<string>(() => {});
  const Waiting = showing(() => {
    renders += 1;
    return use(never);
  });
  const Shown = showing(() => useRoomStatus());
  // Without a boundary nothing of the tree is ever mounted.
  const asGuest = h(RoomProvider, { id: 'r', user: { userId: 'guest' } }, h(Waiting));
  const page = mount(t, below(client, asGuest));
  await until(() => renders > 0, 'a render in vain');
  const asAda = h(RoomProvider, { id: 'r', user: { userId: 'ada' } }, h(Shown));
  page.render(below(client, asAda, h(RoomProvider, { id: 'r' }, h(Shown))));
  await until(() => page.text() === 'joinedjoined', 'the room');
  await until(() => ben.presence.others.length > 0, 'who has come');
  t.match(ben.presence.others, [{ userId: 'ada' }]);
});
