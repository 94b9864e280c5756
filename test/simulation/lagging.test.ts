import t from 'tap';
import type { Message } from '../support/wire.ts';
import { history, rooms, Scene } from './busy-scene.ts';

/** Whatever arrives, in a form that is the same for every run. */
const kindsOf = (messages: Message[]) =>
  messages.map(({ type, roomId, offset }) => `${type} ${roomId} ${offset}`);

for (const batches of [false, true]) {
  const framing = batches ? 'batch frames' : 'single frames';

  t.test(
    `[SR1] [SR2] [SR3] stalled at any point and for any time, it misses nothing and gets nothing twice: ${framing}`,
    async (t) => {
      const { length } = history();
      let stalls = 0;
      let losses = 0;
      for (let from = 0; from < length; from++) {
        for (const width of [2, 5, 11, length]) {
          if (from + width > length && width !== length) continue;
          const scene = await Scene.start(batches);
          for (const [index, step] of history().entries()) {
            if (index === from) scene.stall();
            if (index === from + width) scene.read();
            step(scene);
            await scene.pass(index % 3 === 0 ? 3 : 20);
          }
          scene.read();
          await scene.checkAll();
          losses += scene.slow.connection?.losses ?? 0;
          await scene.server.server.close();
          stalls += 1;
        }
      }
      t.pass(`${stalls} histories`);
      t.ok(losses > 0, 'in some of them it is over its bound');
    },
  );

  t.test(`[SR3] it may lag again and again: ${framing}`, async (t) => {
    const scene = await Scene.start(batches);
    for (let round = 0; round < 5; round++) {
      for (const [index, step] of history().entries()) {
        if (index % 7 === round) scene.stall();
        if (index % 7 === (round + 5) % 7) scene.read();
        step(scene);
        await scene.pass(7);
      }
    }
    scene.read();
    await t.resolves(scene.checkAll());
    await scene.server.server.close();
  });
}

t.test('[SR3] where what it missed is no longer kept, it gets the whole state', async (t) => {
  const scene = await Scene.start(false, { KEPT_EVENTS: '3' });
  scene.stall();
  for (const step of history()) {
    step(scene);
    await scene.pass(20);
  }
  const connection = scene.slow.connection;
  connection?.read();
  await scene.server.pass(50);
  const messages = connection?.take() ?? [];
  t.strictSame(
    messages
      .filter((one) => one.type === 'sceneState')
      .map((one) => one.roomId)
      .sort(),
    rooms,
  );
  await scene.server.server.close();
});

t.test('[SR2] the others notice nothing of one that lags', async (t) => {
  const heard: string[][] = [];
  for (const isStalled of [false, true]) {
    const scene = await Scene.start(false);
    const connection = scene.reader.connection;
    const messages: Message[] = [];
    if (isStalled) scene.stall();
    for (const step of history().filter((_, index) => index % 7 !== 6)) {
      step(scene);
      await scene.server.pass(20);
      scene.writer.receive();
      messages.push(...(connection?.take() ?? []));
    }
    heard.push(kindsOf(messages));
    await scene.server.server.close();
  }
  t.strictSame(heard[0], heard[1]);
});

t.test('[SR2] answers to its own commands are held for it, in order', async (t) => {
  const scene = await Scene.start(false);
  scene.stall();
  for (const step of history()) {
    step(scene);
    await scene.pass(20);
  }
  for (let n = 0; n < 5; n++) scene.slow.send({ type: 'heartbeat', ts: n });
  await scene.pass(20);
  t.equal(scene.slow.connection?.closedWith, undefined);
  scene.slow.connection?.read();
  const answers = (scene.slow.connection?.take() ?? []).filter((one) => one.op === 'heartbeat');
  t.strictSame(
    answers.map((one) => one.ts),
    [0, 1, 2, 3, 4],
  );
  await scene.server.server.close();
});

t.test('[SR2] [SR4] held answers are bounded by MAX_HELD_REPLY_BYTES', async (t) => {
  const scene = await Scene.start(false);
  scene.stall();
  for (const step of history()) {
    step(scene);
    await scene.pass(20);
  }
  const { connection } = scene.slow;
  for (let n = 0; n < 100; n++) connection?.send({ type: 'heartbeat', ts: n, ref: `h${n}` });
  t.match(connection?.closedWith, { code: 4001, reason: '{"code":"SLOW_CONSUMER"}' });
  await scene.server.server.close();
});

t.test(
  '[SR4] one that never drains is closed after DRAIN_TIMEOUT_MS, and stays present for its grace',
  async (t) => {
    const scene = await Scene.start(false, { DRAIN_TIMEOUT_MS: '10000' });
    const { connection } = scene.slow;
    scene.stall();
    for (const step of history().slice(0, 12)) {
      step(scene);
      await scene.pass(20);
    }
    await scene.server.pass(9000, 500);
    t.equal(connection?.closedWith, undefined);
    await scene.server.pass(3000, 500);
    t.match(connection?.closedWith, { code: 4001, reason: '{"code":"SLOW_CONSUMER"}' });
    scene.reader.receive();
    t.strictSame(usersOf(scene), ['ada', 'bob', 'eve']);
    for (let beat = 0; beat < 6; beat++) {
      for (const client of [scene.writer, scene.reader]) client.send({ type: 'heartbeat' });
      await scene.server.pass(20_000, 1000);
      for (const client of [scene.writer, scene.reader]) client.receive();
    }
    t.strictSame(usersOf(scene), ['ada', 'bob']);
    await scene.server.server.close();
  },
);

t.test('[SR4] [RS2] one that was closed comes back with its place and misses nothing', async (t) => {
  const scene = await Scene.start(false, { DRAIN_TIMEOUT_MS: '1000' });
  scene.stall();
  for (const step of history()) {
    step(scene);
    await scene.pass(200);
  }
  t.equal(scene.slow.connection, undefined, 'it was closed');
  scene.slow.connect(scene.server);
  for (const roomId of rooms) {
    const { epoch, version, offset } = scene.slow.roomOf(roomId);
    const claimed = scene.slow.roomOf(roomId).clone();
    const command = { type: 'join', roomId, user: { userId: 'eve' }, since: { epoch, version, offset } };
    scene.slow.send(command, { claimed });
  }
  await t.resolves(scene.checkAll());
  await scene.server.server.close();
});

const usersOf = ({ reader }: Scene) => (reader.presence.get('one') ?? []).map((one) => one.userId).sort();
