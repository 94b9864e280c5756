import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { WireWorld } from './wire-world.ts';

/** A world in which no WebSocket gets through. */
async function blocked(t: Test): Promise<WireWorld> {
  const world = new WireWorld(createMemoryLog);
  await world.start();
  t.teardown(() => world.end());
  world.isBlocked = true;
  return world;
}

t.test('once WebSockets get through, it goes back to them, and nobody else notices', async (t) => {
  const world = await blocked(t);
  const client = world.client({ random: () => 0.5 });
  const ada = client.join('r', { user: { userId: 'ada' } });
  await world.pass(2000);
  t.equal(ada.status, 'joined');
  t.equal(client.transport, 'event-stream');
  await world.pass(70_000, undefined, 500);
  t.equal(client.transport, 'event-stream', 'still blocked');
  world.isBlocked = false;
  const ben = world.client({}).join('r', { user: { userId: 'ben' } });
  await world.pass(1000);
  const seen: unknown[] = [];
  const statuses: unknown[] = [];
  ben.presence.on('change', (users) => seen.push(users.map((one) => one.userId).sort()));
  client.on('status', (status) => statuses.push(status));
  const waiting: Promise<unknown>[] = [];
  for (let n = 0; n < 130; n++) {
    waiting.push(ada.chat.send(`m${n}`));
    await world.pass(1000, undefined, 100);
  }
  t.equal(client.transport, 'websocket');
  t.same(statuses, ['waiting', 'connecting', 'open']);
  await Promise.all(waiting);
  const texts = (room: Room) => room.chat.messages.map(({ text }) => text);
  t.same(
    texts(ben),
    Array.from({ length: 130 }, (_, n) => `m${n}`),
  );
  t.same(texts(ada), texts(ben));
  for (const users of seen) t.same(users, ['ada', 'ben']);
});

t.test('a client that is closed when it has just come up looks for nothing better', async (t) => {
  const world = await blocked(t);
  const client = world.client({ random: () => 0.5 });
  client.join('r', { user: { userId: 'ada' } });
  const statuses: unknown[] = [];
  client.on('status', (status) => {
    statuses.push(status);
    if (status === 'open') client.close();
  });
  await world.pass(2000);
  t.equal(client.transport, 'event-stream');
  world.isBlocked = false;
  await world.pass(130_000, undefined, 500);
  t.same(statuses.slice(statuses.indexOf('closed')), ['closed']);
});
