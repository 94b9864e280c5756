import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { isSame } from '../../clients/client/things.ts';
import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { createRandom, type Random } from '../simulation/random.ts';
import { WireWorld } from './wire-world.ts';

const RATES = { RATE_LIMIT: '300/1s', STREAM_LIMIT: '300/1s' };
const STEPS = 120;

/** One that outlives servers: closing it does nothing. */
function lastingLog(): Log {
  const log = createMemoryLog();
  return new Proxy(log, {
    get: (target, name) => {
      if (name === 'close') return async () => {};
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

interface Tally {
  sent: number;
  settled: number;
  readonly chats: Set<string>;
}

/** Something that a user may do at any time. */
function act(random: Random, room: Room, name: string, tally: Tally): void {
  const id = `i${random.below(6)}`;
  const follow = (answer: Promise<unknown>) => {
    tally.sent += 1;
    const settled = () => {
      tally.settled += 1;
    };
    answer.then(settled, settled);
  };
  const document = room.text('d');
  const at = () => random.below(document.value.length + 1);
  switch (
    random.weighted({ add: 3, update: 6, remove: 1, set: 1, undo: 3, redo: 1, chat: 2, type: 5, erase: 2 })
  ) {
    case 'add':
      return follow(room.scene.add(id, { x: random.below(9) }));
    case 'update':
      return follow(room.scene.update(id, { [random.pick(['x', 'y', 'position_x'])]: random.below(99) }));
    case 'remove':
      return follow(room.scene.remove(id));
    case 'set':
      return follow(room.scene.set({ name: random.below(99) }));
    case 'undo':
      return follow(room.scene.undo());
    case 'redo':
      return follow(room.scene.redo());
    case 'chat': {
      const text = `${name}-${tally.sent}`;
      return follow(room.chat.send(text).then(() => tally.chats.add(text)));
    }
    case 'type':
      return document.insert(at(), random.pick(['a', 'bc', '😀', `${name} `]));
    case 'erase': {
      // Halves of a character are nothing that one can erase.
      const whole = [...document.value];
      whole.splice(random.below(whole.length + 1), random.below(3));
      return document.set(whole.join(''));
    }
  }
}

async function run(t: Test, seed: number): Promise<void> {
  const random = createRandom(seed);
  const log = lastingLog();
  const world = new WireWorld(() => log, RATES);
  await world.start();
  const tally: Tally = { sent: 0, settled: 0, chats: new Set() };
  const names = ['ada', 'ben', 'cem'];
  const rooms = names.map((userId) => {
    const client = world.client({ random: random.next, backoff: { maxMs: 2000 } });
    return client.join('r', { user: { userId } });
  });
  for (let step = 0; step < STEPS; step++) {
    const who = random.below(rooms.length);
    switch (random.weighted({ act: 20, cut: 1, crash: 0.3, wait: 5 })) {
      case 'act':
        act(random, rooms[who] as Room, names[who] as string, tally);
        break;
      case 'cut':
        [...world.ends][who]?.cut();
        break;
      case 'crash':
        await world.crash();
        await world.pass(random.below(2000));
        await world.start();
        break;
      case 'wait':
        await world.pass(random.below(200), random.next);
    }
  }
  const isCalm = () => rooms.every((room) => room.status === 'joined' && room.pending === 0);
  for (let turn = 0; turn < 200 && !isCalm(); turn++) await world.pass(200);
  await world.pass(200);
  t.ok(isCalm(), `seed ${seed}: everything was answered`);
  t.equal(tally.settled, tally.sent, `seed ${seed}: everything was confirmed or reported`);
  const fresh = world.client({}).join('r', { user: { userId: 'dan' } });
  fresh.text('d');
  await world.pass(200);
  const shown = (room: Room) => ({
    version: room.scene.version,
    properties: room.scene.properties,
    items: Object.fromEntries([...room.scene.items].sort(([a], [b]) => (a < b ? -1 : 1))),
    text: room.text('d').value,
    chat: room.chat.messages.map((one) => one.text),
  });
  for (const room of rooms)
    t.same(shown(room), shown(fresh), `seed ${seed}: ${room.userId} sees what there is`);
  const chats = fresh.chat.messages.map((one) => one.text);
  t.equal(new Set(chats).size, chats.length, `seed ${seed}: no message came twice`);
  for (const text of tally.chats) t.ok(chats.includes(text), `seed ${seed}: what was acknowledged is there`);
  await world.end();
}

const given = process.env.SEED;
const seeds = given === undefined ? Array.from({ length: 30 }, (_, index) => index + 1) : [Number(given)];

t.test('clients converge, whatever happens to wires and servers', async (t) => {
  for (const seed of seeds) await run(t, seed);
});

t.test('undo of everything by everybody, the latest first, leads back to the start', async (t) => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = createRandom(seed);
    const log = lastingLog();
    const world = new WireWorld(() => log, RATES);
    await world.start();
    const rooms = ['ada', 'ben', 'cem'].map((userId) =>
      world.client({ random: random.next }).join('r', { user: { userId } }),
    );
    await world.pass(100);
    const content = ({ scene }: Room) => ({ items: Object.fromEntries(scene.items), own: scene.properties });
    const first = rooms[0] as Room;
    const start = [first.scene.set({ name: 0 }), first.scene.add('i0', { x: 0 })];
    await world.pass(64);
    await Promise.all(start);
    const begun = structuredClone(content(first));
    const done: Room[] = [];
    for (let step = 1; step <= 60; step++) {
      const room = random.pick(rooms);
      const id = `i${random.below(3)}`;
      const ways = {
        add: () => room.scene.add(id, { x: step }),
        update: () => room.scene.update(id, { [random.pick(['x', 'y', 'position_x'])]: step }),
        remove: () => room.scene.remove(id),
        set: () => room.scene.set({ [random.pick(['name', 'sky'])]: step }),
      };
      const answer = ways[random.weighted({ add: 2, update: 5, remove: 1, set: 2 })]();
      answer.then(
        () => done.push(room),
        () => {},
      );
      await world.pass(64);
    }
    for (const room of done.reverse()) {
      const undone = room.scene.undo();
      await world.pass(64);
      t.equal(await undone, true);
    }
    for (const room of rooms)
      t.ok(isSame(content(room), begun), `seed ${seed}: ${room.userId} is at the start`);
    await world.end();
  }
});
