import t, { type Test } from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { isSame } from '../../clients/client/things.ts';
import { createRandom } from '../simulation/random.ts';
import { TEST_SECRET } from '../support/servers.ts';
import { signAtOnce } from '../support/tokens.ts';
import { act, lastingLog, type Tally } from './acts.ts';
import { PlainTypist } from './plain-typist.ts';
import { WireWorld } from './wire-world.ts';

const RATES = { RATE_LIMIT: '300/1s', STREAM_LIMIT: '300/1s' };
/** Of which much is refused, and comes again. */
const LOW_RATES = { RATE_LIMIT: '20/1s', STREAM_LIMIT: '20/1s' };
const STEPS = 120;

async function run(t: Test, seed: number, seen: Set<string>): Promise<void> {
  const random = createRandom(seed);
  const log = lastingLog();
  const world = new WireWorld(() => log, { ...(random.chance(0.3) ? LOW_RATES : RATES), AUTH: 'required' });
  await world.start();
  const tally: Tally = { sent: 0, settled: 0, chats: new Set(), tokens: 0, seen };
  // The last has two tabs.
  const names = ['ada', 'ben', 'cem', 'cem'];
  const enter = (sub: string) => {
    // Tokens that soon expire, and sometimes none.
    const getToken = () => {
      tally.tokens += 1;
      if (random.chance(0.1)) throw new Error('no token for now');
      const exp = Math.floor(world.clock.now() / 1000) + 5 + random.below(40);
      return signAtOnce({ sub, rooms: ['*'], exp }, TEST_SECRET);
    };
    const options = { random: random.next, backoff: { maxMs: 2000 }, getToken };
    const client = world.client(options);
    client.on('status', (status) => status === 'open' && seen.add(client.transport));
    return client.join('r', { user: { name: sub } });
  };
  const rooms = names.map(enter);
  const plain = new PlainTypist(() =>
    world.connect(undefined, signAtOnce({ sub: 'eve', rooms: ['*'] }, TEST_SECRET)),
  );
  for (let step = 0; step < STEPS; step++) {
    const who = random.below(rooms.length);
    switch (
      random.weighted({
        act: 20,
        plain: 8,
        cut: 1,
        half: 0.5,
        crash: 0.3,
        restart: 0.2,
        block: 0.3,
        wait: 5,
        rest: 0.3,
      })
    ) {
      case 'act':
        act(random, rooms[who] as Room, names[who] as string, tally);
        break;
      case 'plain':
        plain.type();
        break;
      case 'cut':
        [...world.ends][who]?.cut();
        break;
      case 'crash':
        await world.crash();
        await world.pass(random.below(2000));
        await world.start();
        break;
      case 'half':
        [...world.ends][who]?.cut('half');
        break;
      case 'restart':
        await world.shutDown();
        await world.pass(random.below(2000));
        await world.start();
        break;
      case 'block':
        world.isBlocked = !world.isBlocked;
        break;
      case 'rest':
        // Tokens expire meanwhile, and connections that nobody has told of their end.
        await world.pass(random.below(120_000), () => 1, 250);
        break;
      case 'wait':
        await world.pass(random.below(200), random.next);
    }
  }
  world.isBlocked = false;
  const isCalm = () => rooms.every((room) => room.status === 'joined' && room.pending === 0);
  for (let turn = 0; turn < 600 && !isCalm(); turn++) await world.pass(200);
  await world.pass(200);
  t.ok(isCalm(), `seed ${seed}: everything was answered`);
  t.equal(tally.settled, tally.sent, `seed ${seed}: everything was confirmed or reported`);
  const fresh = enter('dan');
  fresh.text('d');
  for (let turn = 0; turn < 100 && fresh.status !== 'joined'; turn++) await world.pass(200);
  await world.pass(200);
  const shown = (room: Room) => ({
    version: room.scene.version,
    properties: room.scene.properties,
    items: Object.fromEntries([...room.scene.items].sort(([a], [b]) => (a < b ? -1 : 1))),
    text: room.text('d').value,
    chat: room.chat.messages.map((one) => one.text),
  });
  if (fresh.text('d').value.includes('~')) seen.add('typed without an opId');
  for (const room of rooms)
    t.same(shown(room), shown(fresh), `seed ${seed}: ${room.userId} sees what there is`);
  const chats = fresh.chat.messages.map((one) => one.text);
  t.equal(new Set(chats).size, chats.length, `seed ${seed}: no message came twice`);
  for (const text of tally.chats) t.ok(chats.includes(text), `seed ${seed}: what was acknowledged is there`);
  await world.end();
}

const given = process.env.SEED;
const seeds = given === undefined ? Array.from({ length: 20 }, (_, index) => index + 1) : [Number(given)];

t.test('clients converge, whatever happens to wires and servers', async (t) => {
  const seen = new Set<string>();
  for (const seed of seeds) await run(t, seed, seen);
  if (given !== undefined) return;
  for (const one of [
    'websocket',
    'event-stream',
    'CONFLICT',
    'VERSION_CONFLICT',
    'NOT_FOUND',
    'typed without an opId',
  ]) {
    t.ok(seen.has(one), `${one} was among it`);
  }
});

t.test('undo of everything by everybody, the latest first, leads back to the start', async (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = createRandom(seed);
    const log = lastingLog();
    const world = new WireWorld(() => log, RATES);
    await world.start();
    const rooms = ['ada', 'ben', 'cem'].map((userId) =>
      world.client({ random: random.next, backoff: { maxMs: 500 } }).join('r', { user: { userId } }),
    );
    /** Lets time pass over bad wires. */
    const rough = async (ms: number) => {
      if (random.chance(0.1))
        [...world.ends][random.below(rooms.length)]?.cut(random.pick(['whole', 'half']));
      if (random.chance(0.02)) {
        await world.crash();
        await world.start();
      }
      await world.pass(ms, random.next);
    };
    const calm = async () => {
      const isCalm = () => rooms.every((room) => room.status === 'joined' && room.pending === 0);
      for (let turn = 0; turn < 200 && !isCalm(); turn++) await world.pass(64);
      await world.pass(64);
    };
    await calm();
    const content = ({ scene }: Room) => ({ items: Object.fromEntries(scene.items), own: scene.properties });
    const first = rooms[0] as Room;
    const start = [first.scene.set({ name: 0 }), first.scene.add('i0', { x: 0 })];
    await calm();
    await Promise.all(start);
    const begun = structuredClone(content(first));
    const done: { room: Room; version: number }[] = [];
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
        ({ version = 0 }) => done.push({ room, version }),
        () => {},
      );
      await rough(random.below(64));
      // One after the other: of two that change the same in one tick nobody sees what the first has made of it.
      await calm();
    }
    for (const { room } of done.sort((one, other) => other.version - one.version)) {
      const undone = room.scene.undo();
      await rough(16);
      await calm();
      t.equal(await undone, true);
    }
    for (const room of rooms)
      t.ok(isSame(content(room), begun), `seed ${seed}: ${room.userId} is at the start`);
    await world.end();
  }
});
