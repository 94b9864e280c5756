import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { setTimeout as passed } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { Crew } from '../../bench/load/crew.ts';
import { people } from '../../bench/load/people.ts';

const USERS = 4;
const ROOMS = 2;

/** A room loop that hands on a frame where `passes` says so. */
async function roomLoop(t: Test, passes: (count: number) => boolean): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => server.close());
  const rooms = new Map<string, Set<WebSocket>>();
  let count = 0;
  server.on('connection', (socket, { url = '' }) => {
    const roomId = new URLSearchParams(url.slice(2)).get('room') ?? '';
    const room = rooms.get(roomId) ?? new Set();
    rooms.set(roomId, room.add(socket));
    socket.on('message', (bytes) => {
      for (const other of room) {
        if (other === socket) continue;
        count += 1;
        if (passes(count) && other.readyState === WebSocket.OPEN) other.send(bytes.toString());
      }
    });
  });
  return (server.address() as { port: number }).port;
}

async function lastOnes(t: Test, passes: (count: number) => boolean, perSecond = 50) {
  const port = await roomLoop(t, passes);
  const crew = new Crew();
  t.teardown(() => crew.end());
  const target = { host: '127.0.0.1', ports: [port], secure: false };
  await crew.open({ target, speech: 'plain', people: await people(ROOMS, USERS), atOnce: 3 });
  crew.work('move', perSecond);
  let sent = 0;
  let delivered = 0;
  let aged = 0;
  while (sent < 100) {
    await passed(50);
    const tally = crew.take();
    sent += tally.sent;
    delivered += tally.delivered;
    aged += tally.latency.count;
  }
  crew.finish('move');
  let lastDelivered = 0;
  for (let quiet = 0; quiet < 10; quiet++) {
    await passed(50);
    const tally = crew.take();
    sent += tally.sent;
    delivered += tally.delivered;
    aged += tally.latency.count;
    lastDelivered += tally.lastDelivered;
    if (tally.delivered > 0) quiet = 0;
  }
  return { sent, delivered, lastDelivered, aged };
}

t.test('every delivery is counted, and compared with what was due', async (t) => {
  const { sent, delivered, lastDelivered } = await lastOnes(t, () => true);
  t.equal(delivered, sent * (USERS - 1));
  t.equal(lastDelivered, ROOMS * USERS * (USERS - 1));
});

t.test('where few frames come, each is looked at for its age; where many do, some', async (t) => {
  const slow = await lastOnes(t, () => true);
  t.equal(slow.aged, slow.delivered);
  const fast = await lastOnes(t, () => true, 1000);
  t.ok(fast.aged > 0 && fast.aged < fast.delivered / 10, `${fast.aged} of ${fast.delivered}`);
});

t.test('people come from the address at which the server is, which every machine has', async (t) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => server.close());
  const came = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  const crew = new Crew();
  t.teardown(() => crew.end());
  const { port } = server.address() as { port: number };
  const target = { host: '127.0.0.1', ports: [port], secure: false };
  await crew.open({ target, speech: 'plain', people: await people(1, 1), atOnce: 1 });
  t.equal((await came)[1].socket.remoteAddress, '127.0.0.1');
});

t.test('a server that drops does not look fast: what is missing is seen', async (t) => {
  const { sent, delivered, lastDelivered } = await lastOnes(t, (count) => count % 2 === 0);
  t.ok(delivered < sent * (USERS - 1));
  t.ok(lastDelivered < ROOMS * USERS * (USERS - 1));
});

t.test('everybody has a room, a name and, where it is asked for, a token of their own', async (t) => {
  const all = await people(3, 2, 'a secret of more than thirty-two bytes');
  t.equal(new Set(all.map((one) => one.roomId)).size, 3);
  t.equal(new Set(all.map((one) => one.userId)).size, 6);
  t.equal(new Set(all.map((one) => one.token)).size, 6);
  t.same((await people(1, 1))[0]?.token, undefined);
});
