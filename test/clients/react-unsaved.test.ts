import { createElement as h } from 'react';
import t, { type Test } from 'tap';
import type { ConnectOptions, Room } from '../../clients/client/index.ts';
import { RoomProvider, usePending, useRoomStatus, useScene } from '../../clients/react/index.ts';
import { below, mount, showing } from './react-stage.ts';
import { clientStage, until } from './stage.ts';

t.setTimeout(550_000);

const Shown = showing(() => [useScene().items.size, useRoomStatus(), usePending()].join(' '));

/** A page in the room with ben, who sees who is there. Its only connection has just been cut. */
async function cut(t: Test, options: ConnectOptions = {}) {
  const at = await clientStage(t);
  const ben = at.client().join('r', { user: { userId: 'ben' } });
  await ben.joined;
  const client = at.client(options);
  const show = () => mount(t, below(client, h(RoomProvider, { id: 'r', user: { userId: 'ada' } }, h(Shown))));
  const page = show();
  await until(() => page.text() === '0 joined 0', 'the room');
  await until(() => ben.presence.others.length === 1, 'who has come');
  const room = client.rooms.get('r') as Room;
  at.sockets.at(-1)?.terminate();
  await until(() => room.status === 'joining', 'that it is away');
  return { ben, client, page, room, show };
}

t.test('what was typed before the last component goes is saved, and the room left only then', async (t) => {
  const { ben, client, page, room } = await cut(t);
  for (const one of 'ab') room.text('notes').insert(room.text('notes').value.length, one);
  page.unmount();
  await until(() => ben.text('notes').value === 'ab', 'what was typed');
  await until(() => ben.presence.others.length === 0, 'who has left');
  t.same([room.status, client.rooms.size], ['left', 0]);
});

t.test('who comes while a room waits to be saved goes on in it', async (t) => {
  const { ben, client, page, room, show } = await cut(t, { random: () => 1, backoff: { minMs: 60_000 } });
  let leaves = 0;
  ben.presence.on('change', (users) => {
    if (users.length < 2) leaves += 1;
  });
  room.scene.add('lamp');
  page.unmount();
  // Otherwise it would be left by now.
  await new Promise((resolve) => setTimeout(resolve, 0));
  const next = show();
  await until(() => next.text() === '1 joining 1', 'the room as it was');
  client.retryNow();
  await until(() => next.text() === '1 joined 0', 'that it is saved');
  // Nor is it left later.
  await new Promise((resolve) => setTimeout(resolve, 0));
  await room.chat.send('still here');
  t.equal(client.rooms.get('r'), room);
  t.equal(leaves, 0);
});
