import { setTimeout as passed } from 'node:timers/promises';
import type { Test } from 'tap';
import { Poller } from '../socket-io/poller.ts';
import { tokenOf } from '../socket-io/stage.ts';

export interface PollingLoad {
  readonly port: number;
  readonly clients: number;
  /** How often everybody says something. */
  readonly rounds: number;
  /** So many speak at once. */
  readonly atOnce: number;
}

/** Everybody hears everybody in a room, so that most of what travels is what others said. */
const ROOM_SIZE = 10;

/** Clients over long-polling talk in their rooms; what they miss, hear twice or out of order fails the test. */
export async function pollingLoad(t: Test, load: PollingLoad): Promise<void> {
  const { port, rounds, atOnce } = load;
  const expected = load.clients * rounds * ROOM_SIZE;
  const clients = Array.from({ length: load.clients }, () => new Poller(port));
  t.teardown(() => {
    for (const one of clients) one.end();
  });
  const roomOf = (index: number) => `room-${Math.floor(index / ROOM_SIZE)}`;
  for (let from = 0; from < clients.length; from += 50) {
    await Promise.all(
      clients.slice(from, from + 50).map(async (one, offset) => {
        const index = from + offset;
        await one.open(await tokenOf(`u${index}`));
        await one.emit('join_room', { roomId: roomOf(index) });
      }),
    );
  }
  const isMessage = ([name]: readonly unknown[]) => name === 'message';
  const errors = () => clients.flatMap((one) => one.errors);
  const until = async (holds: () => boolean) => {
    while (!holds()) {
      if (errors().length > 0) throw new Error(errors().slice(0, 5).join('\n'));
      await passed(50);
    }
  };
  const joined = () => clients.every(({ events }) => events.some(([name]) => name === 'room_joined'));
  await until(joined);
  const count = () => clients.reduce((sum, { events }) => sum + events.filter(isMessage).length, 0);

  for (let round = 0; round < rounds; round++) {
    for (let from = 0; from < clients.length; from += atOnce) {
      await Promise.all(
        clients.slice(from, from + atOnce).map((one, offset) => {
          const index = from + offset;
          return one.emit('send_message', { roomId: roomOf(index), message: `${index}:${round}` });
        }),
      );
    }
  }
  await until(() => count() >= expected);

  const faults: string[] = [];
  for (const [index, { events }] of clients.entries()) {
    const heard = events.filter(isMessage).map(([, data]) => (data as { message: string }).message);
    const first = index - (index % ROOM_SIZE);
    const wanted = Array.from({ length: ROOM_SIZE * rounds }, (_, at) => {
      const author = first + Math.floor(at / rounds);
      return `${author}:${at % rounds}`;
    });
    if (heard.length !== wanted.length || new Set(heard).size !== wanted.length) {
      faults.push(`${index} heard ${heard.length}, ${new Set(heard).size} of them different`);
    }
    if (!wanted.every((one) => heard.includes(one))) faults.push(`${index} misses some`);
    for (let author = first; author < first + ROOM_SIZE; author++) {
      const order = heard
        .filter((one) => one.startsWith(`${author}:`))
        .map((one) => Number(one.split(':')[1]));
      if (order.some((round, at) => round !== at)) faults.push(`${index} heard ${author} out of order`);
    }
  }
  t.same(faults.slice(0, 5), []);
  t.equal(count(), expected);
  t.same(errors(), [], 'no request was refused');
}
