import t from 'tap';
import type { Room } from '../../clients/client/index.ts';
import { merged } from '../../clients/client/merging.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { createRandom } from '../simulation/random.ts';
import { WireWorld } from './wire-world.ts';

t.setTimeout(550_000);

async function worldOf(env: Record<string, string> = {}) {
  const world = new WireWorld(createMemoryLog, { RATE_LIMIT: '100000/1s', STREAM_LIMIT: '50000/1s', ...env });
  await world.start();
  t.teardown(() => world.end());
  const member = async (userId: string) => {
    const client = world.client({ random: () => 0.5 });
    const room = client.join('r', { user: { userId } });
    await world.pass(100);
    return { client, room };
  };
  return { world, member };
}

/** Every value that a property of an item takes, as this client sees it. */
function valuesOf(room: Room, id: string, name: string): unknown[] {
  const seen: unknown[] = [];
  room.scene.on('change', () => {
    const value = room.scene.items.get(id)?.[name];
    if (value !== undefined && value !== seen.at(-1)) seen.push(value);
  });
  return seen;
}

t.test('a drag that cannot be sent becomes one operation: the last value wins', async (t) => {
  const { world, member } = await worldOf();
  const { room: ada } = await member('ada');
  const { room: ben } = await member('ben');
  const added = [ada.scene.add('lamp', { x: 0, y: 0 }), ada.scene.add('desk', { x: 0 })];
  await world.pass(64);
  await Promise.all(added);
  for (const one of [...world.ends]) one.cut();
  await world.pass(16);
  const seen = valuesOf(ben, 'lamp', 'x');
  const endGesture = ada.scene.group();
  const answers: Promise<unknown>[] = [];
  for (let x = 1; x <= 60; x++)
    answers.push(ada.scene.update('lamp', { x }), ada.scene.update('desk', { x }));
  answers.push(ada.scene.update('lamp', { position_y: 5 }));
  endGesture();
  t.equal(ada.scene.items.get('lamp')?.x, 60, 'it shows at once');
  t.equal(ada.pending, 2);
  await world.pass(2000);
  const acks = (await Promise.all(answers)) as { version?: number }[];
  t.same(new Set(acks.map(({ version }) => version)), new Set([3, 4]));
  t.equal(ben.scene.version, 4, 'one operation for each item');
  t.match(ben.scene.items.get('lamp'), { x: 60, y: 0, transform: { position: { y: 5 } } });
  t.same(seen, [0, 60].slice(-seen.length));
  const undone = ada.scene.undo();
  await world.pass(100);
  t.ok(await undone, 'the gesture is one step');
  t.match(ben.scene.items.get('lamp'), { x: 0 });
  t.match(ben.scene.items.get('desk'), { x: 0 });
});

t.test('a drag that was long is settled at once, whether it is accepted or refused', async (t) => {
  const { world, member } = await worldOf();
  const { room } = await member('ada');
  const added = room.scene.add('lamp', { x: 0 });
  await world.pass(64);
  await added;
  const refused: unknown[] = [];
  room.scene.on('refused', ({ operations, error }) => refused.push([operations.length, error.code]));
  const drag = async (id: string) => {
    for (const one of [...world.ends]) one.cut();
    await world.pass(16);
    const endGesture = room.scene.group();
    const answers: Promise<unknown>[] = [];
    // Five minutes without a network.
    for (let x = 1; x <= 18_000; x++) answers.push(room.scene.update(id, { x }));
    endGesture();
    const outcomes = Promise.allSettled(answers);
    await world.pass(2000);
    return new Set((await outcomes).map(({ status }) => status));
  };
  t.same(await drag('lamp'), new Set(['fulfilled']));
  t.equal(room.scene.items.get('lamp')?.x, 18_000);
  t.same(await drag('nothing'), new Set(['rejected']));
  t.same(refused, [[18_000, 'NOT_FOUND']]);
});

t.test('what is merged never passes another command that it may depend on', async (t) => {
  const { world, member } = await worldOf();
  const { room } = await member('ada');
  const first = room.scene.add('lamp', { x: 0 });
  await world.pass(64);
  await first;
  for (const one of [...world.ends]) one.cut();
  await world.pass(16);
  const commands = [
    () => room.scene.update('lamp', { x: 1 }),
    () => room.scene.remove('lamp'),
    () => room.scene.add('lamp', { x: 2 }),
    () => room.scene.update('lamp', { x: 3 }),
    () => room.chat.send('now'),
    () => room.scene.update('lamp', { x: 4 }),
    () => room.scene.update('lamp', { x: 5 }, { version: 100 }),
    () => room.scene.update('lamp', { x: 6 }),
    () => room.selection.select('lamp'),
    () => room.scene.update('lamp', { x: 7 }),
    () =>
      room.scene.apply([
        { type: 'update', target: 'item', id: 'lamp', data: { x: 8 } },
        { type: 'update', target: 'scene', data: { x: 8 } },
      ]),
  ];
  for (const [index, command] of commands.entries()) {
    command().catch(() => {});
    t.equal(room.pending, index + 1);
  }
  await world.pass(3000);
  t.equal(room.pending, 0);
  t.equal(room.scene.items.get('lamp')?.x, 8);
});

t.test('what was sent is never merged, as the server may know it', async (t) => {
  const { world, member } = await worldOf();
  const { room } = await member('ada');
  await room.joined;
  const first = room.scene.add('lamp', { x: 0 });
  await world.pass(64);
  await first;
  const sent = room.scene.update('lamp', { x: 1 });
  for (const one of [...world.ends]) one.carry(() => 1);
  for (const one of [...world.ends]) one.cut();
  await world.pass(16);
  const later = room.scene.update('lamp', { x: 2 });
  t.equal(room.pending, 2);
  await world.pass(2000);
  t.same([(await sent).version, (await later).version], [2, 3]);
});

t.test('merging keeps the names in which properties came, and the order in which they were said', (t) => {
  const update = (data: object) => ({
    type: 'sceneOperation',
    operations: [{ type: 'update', target: 'item', id: 'a', data }],
  });
  const data = (one: object, other: object) => {
    const result = merged(update(one), update(other)) as { operations: { data: object }[] };
    return result.operations[0]?.data;
  };
  t.same(data({ position_x: 1, y: 2 }, { position_x: 3 }), { y: 2, position_x: 3 });
  t.same(data({ position_x: 1 }, { transform: { position: { x: 2, y: 3 } } }), {
    transform: { position: { x: 2, y: 3 } },
  });
  t.same(data({ transform: { position: { x: 2, y: 3 } } }, { position_x: 1 }), {
    transform: { position: { y: 3 } },
    position_x: 1,
  });
  t.same(data({ style: { color: 'red' } }, { style: { width: 1 } }), { style: { width: 1 } });
  t.end();
});

for (const isBlocked of [false, true]) {
  const over = isBlocked ? 'event streams' : 'WebSockets';
  t.test(`what is refused for its rate is not overtaken by what was sent behind it (${over})`, async (t) => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = createRandom(seed);
      const { world, member } = await worldOf({ RATE_LIMIT: '20/1s', STREAM_LIMIT: '30/1s' });
      world.isBlocked = isBlocked;
      const { room: ada } = await member('ada');
      const { room: ben } = await member('ben');
      await world.pass(2000);
      const seen = valuesOf(ben, 'lamp', 'x');
      const answers: Promise<unknown>[] = [ada.scene.add('lamp', { x: 0 })];
      const texts: string[] = [];
      // Slow wires: much is on its way when something is refused.
      const share = () => (random.chance(0.1) ? 1 : 0);
      for (let n = 1; n <= 150; n++) {
        answers.push(ada.scene.update('lamp', { x: n }));
        if (n % 3 === 0) {
          answers.push(ada.chat.send(`m${n}`));
          texts.push(`m${n}`);
        }
        await world.pass(16, share);
      }
      for (let turn = 0; turn < 200 && ada.pending > 0; turn++) await world.pass(200);
      await world.pass(200);
      await Promise.all(answers);
      t.equal(seen.at(-1), 150);
      t.same(
        seen,
        [...(seen as number[])].sort((a, b) => a - b),
        `seed ${seed}: values never go back`,
      );
      t.same(
        ben.chat.messages.map(({ text }) => text),
        texts,
        `seed ${seed}: messages come in order`,
      );
      await world.end();
    }
  });
}
