import { setTimeout as passed } from 'node:timers/promises';
import t from 'tap';
import { Poller } from '../socket-io/poller.ts';
import { tokenOf } from '../socket-io/stage.ts';
import { startChildServer } from './child-server.ts';

const CLIENTS = 1000;
/** Everybody hears everybody in a room, so that most of what travels is what others said. */
const ROOM_SIZE = 10;
const ROUNDS = 4;

t.setTimeout(550_000);

t.test('of 1,000 clients over long-polling nobody misses a message or hears one twice', async (t) => {
  const server = await startChildServer(t, { env: { STORE: 'memory' } });
  const expected = CLIENTS * ROUNDS * ROOM_SIZE;
  const clients = Array.from({ length: CLIENTS }, () => new Poller(server.port));
  t.teardown(() => {
    for (const one of clients) one.end();
  });
  const roomOf = (index: number) => `room-${Math.floor(index / ROOM_SIZE)}`;
  for (let from = 0; from < CLIENTS; from += 50) {
    await Promise.all(
      clients.slice(from, from + 50).map(async (one, offset) => {
        const index = from + offset;
        await one.open(await tokenOf(`u${index}`));
        await one.emit('join_room', { roomId: roomOf(index) });
      }),
    );
  }
  const isMessage = ([name]: readonly unknown[]) => name === 'message';
  const joined = () => clients.every(({ events }) => events.some(([name]) => name === 'room_joined'));
  while (!joined()) await passed(20);
  const count = () => clients.reduce((sum, { events }) => sum + events.filter(isMessage).length, 0);

  for (let round = 0; round < ROUNDS; round++) {
    const second = passed(1000);
    for (const [index, one] of clients.entries()) {
      const message = `${index}:${round}`;
      void one.emit('send_message', { roomId: roomOf(index), message });
    }
    await second;
  }
  while (count() < expected) await passed(50);

  const faults: string[] = [];
  for (const [index, { events }] of clients.entries()) {
    const heard = events.filter(isMessage).map(([, data]) => (data as { message: string }).message);
    const first = index - (index % ROOM_SIZE);
    const wanted = Array.from({ length: ROOM_SIZE * ROUNDS }, (_, at) => {
      const author = first + Math.floor(at / ROUNDS);
      return `${author}:${at % ROUNDS}`;
    });
    if (heard.length !== wanted.length || new Set(heard).size !== wanted.length) {
      faults.push(`${index} heard ${heard.length}, ${new Set(heard).size} of them different`);
    }
    if (!wanted.every((one) => heard.includes(one))) faults.push(`${index} misses some`);
    for (let author = first; author < first + ROOM_SIZE; author++) {
      const rounds = heard
        .filter((one) => one.startsWith(`${author}:`))
        .map((one) => Number(one.split(':')[1]));
      if (rounds.some((round, at) => round !== at)) faults.push(`${index} heard ${author} out of order`);
    }
  }
  t.same(faults.slice(0, 5), []);
  t.equal(count(), expected);
  t.equal(await server.metric('tandem_members'), CLIENTS, 'in their rooms; their own they only hear');
});
