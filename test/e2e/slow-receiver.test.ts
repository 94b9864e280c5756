import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { type BusyRoom, DOCUMENT, openBusyRoom, PLANET, ROOM, SIDE_ROOMS, writeText } from './busy-room.ts';
import { type ChildServer, startChildServer, unlimited } from './child-server.ts';
import { mib, ms } from './figures.ts';
import { ModelClient } from './model-client.ts';

const STALLS = 2;
const NEVER_READING = 8;
const SLOW_CONSUMER = 4001;
/** The bound, a published frame and an answer more. */
const BUFFER_BYTES = 1.25 * 1024 * 1024;

// How fast all this goes is for `bench/slow-receiver.ts`: here a machine may be as slow as it likes.
const settings = { ...unlimited, MAX_ROOM_USERS: '50', KEPT_MESSAGES: '100000' };
const crowd = { senders: 10, camerasPerSecond: 20 };

t.setTimeout(550_000);

for (const transport of ['uws', 'ws']) {
  t.test(`two who do not read, one with single frames and one with batches, on ${transport}`, async (t) => {
    const server = await startChildServer(t, {
      env: { ...settings, DATA_DIR: t.testdir(), TRANSPORT: transport, DRAIN_TIMEOUT_MS: '600000' },
    });
    const port = () => server.port;
    const busy = await openBusyRoom(port, crowd);
    const receiver = (userId: string, batch: boolean, rooms: readonly string[] = [ROOM]) =>
      new ModelClient({ port, userId, rooms, batch });
    const slow = receiver('slow', transport === 'uws');
    const wide = receiver('wide', transport !== 'uws', [ROOM, ...SIDE_ROOMS]);
    const everybody = [...busy.senders, ...busy.aside, slow, wide];
    t.teardown(() => {
      busy.stop();
      for (const one of everybody) one.end();
    });
    for (const one of [slow, wide]) {
      await one.until(() => one.joined, 'joined');
      one.send({ type: 'join_viewer', roomId: ROOM, planetId: PLANET });
    }
    for (let stall = 1; stall <= STALLS; stall++) await stalled(t, server, busy, [slow, wide], stall);
    busy.stop();
    await equalInTheEnd(t, everybody);
  });

  t.test(`some who never read, on ${transport}`, async (t) => {
    const server = await startChildServer(t, {
      env: { ...settings, DATA_DIR: t.testdir(), TRANSPORT: transport, DRAIN_TIMEOUT_MS: '3000' },
    });
    const port = () => server.port;
    const busy = await openBusyRoom(port, crowd);
    const late = Array.from(
      { length: NEVER_READING },
      (_, index) => new ModelClient({ port, userId: `late${index}`, rooms: [ROOM], batch: index % 2 === 0 }),
    );
    const everybody = [...busy.senders, ...busy.aside, ...late];
    t.teardown(() => {
      busy.stop();
      for (const one of everybody) one.end();
    });
    await Promise.all(late.map((one) => one.until(() => one.joined, 'joined')));
    await neverReading(t, server, busy, late);
    busy.stop();
    await equalInTheEnd(t, everybody);
  });
}

/** They stop reading, lag while the others go on, read again, and are as before. */
async function stalled(
  t: Test,
  server: ChildServer,
  busy: BusyRoom,
  stalling: ModelClient[],
  stall: number,
): Promise<void> {
  const reference = busy.senders[5] as ModelClient;
  // In every other stall only what one tick or two have missed: it comes as operations, not as a state.
  const isLong = stall % 2 === 0;
  const before = stalling.map(({ room }) => ({ states: room.states, deltas: room.deltas }));
  for (const { socket } of stalling) socket?.pause();
  busy.paint(true);
  await reaches(server, 'tandem_lagging_connections', stalling.length);
  if (!isLong) busy.paint(false);
  // They cannot read, and still speak.
  for (const one of stalling) {
    one.submit({ type: 'message', text: `${one.userId} in stall ${stall}` });
    writeText(one, 's');
  }
  const deltas = isLong ? 20 : 3;
  const others = busy.senders.map(({ room }) => room.deltas + deltas);
  await Promise.all(
    busy.senders.map((one, index) =>
      one.until(() => one.room.deltas > (others[index] ?? 0), '[SR2] the others go on'),
    ),
  );
  t.equal(await server.metric('tandem_lagging_connections'), stalling.length, '[SR2] while these lag');
  const from = performance.now();
  await Promise.all(
    stalling.map((one) => {
      one.socket?.resume();
      const level = () => isLevel(one, reference) && one.outbox.size === 0;
      return one.until(level, `[SR3] is up to date in stall ${stall}`);
    }),
  );
  const took = performance.now() - from;
  busy.paint(false);
  const ways = stalling.map(({ userId, room }, index) => {
    const states = room.states - (before[index]?.states ?? 0);
    return `${userId}: ${states} states, ${room.deltas - (before[index]?.deltas ?? 0)} deltas`;
  });
  t.comment(`stall ${stall}: level ${ms(took)} after reading; ${ways.join('; ')}`);
  await settles(server, 'tandem_lagging_connections', 0);
  t.equal(await server.metric('tandem_closes_total{code="SLOW_CONSUMER"}'), 0, '[SR4] nobody was closed');
}

function isLevel({ room }: ModelClient, { room: other }: ModelClient): boolean {
  return room.version === other.version && isDeepStrictEqual(room.manifest, other.manifest);
}

/** Of these the server holds no more than the bound, and ends them. */
async function neverReading(
  t: Test,
  server: ChildServer,
  busy: BusyRoom,
  late: ModelClient[],
): Promise<void> {
  const memory = server.memoryBytes();
  let most = memory;
  const buffered: number[] = [];
  const connections = late.map((one) => one.connections);
  for (const { socket } of late) socket?.pause();
  busy.paint(true);
  await reaches(server, 'tandem_closes_total{code="SLOW_CONSUMER"}', late.length, async () => {
    most = Math.max(most, server.memoryBytes());
    buffered.push(await server.metric('tandem_buffered_bytes'));
  });
  busy.paint(false);
  t.comment(
    `memory ${mib(memory)}, at most ${mib(most)} with ${late.length} not reading, ` +
      `${mib(Math.max(...buffered))} of it for them`,
  );
  t.ok(Math.max(...buffered) > 1024 * 1024, 'they were behind');
  t.ok(Math.max(...buffered) < late.length * BUFFER_BYTES, '[SR1] the server buffers no more for them');
  const lagged = await server.metric('tandem_lagged_total');
  t.ok(lagged >= late.length, '[SR4] each was lagging, and closed for it');
  const lost = late.map((one) => new Promise<number>((resolve) => one.socket?.once('close', resolve)));
  for (const { socket } of late) socket?.resume();
  // Who has taken some of it since is still told why; the buffers beneath may grow at any time.
  const others = (await Promise.all(lost)).filter((code) => code !== 1006 && code !== SLOW_CONSUMER);
  t.same(others, [], '[SR4] their side sees the connection break off, or hears why');
  await Promise.all(
    late.map((one, index) =>
      one.until(() => one.joined && one.connections > (connections[index] ?? 0), 'back'),
    ),
  );
}

async function equalInTheEnd(t: Test, everybody: ModelClient[]): Promise<void> {
  await Promise.all(everybody.map((one) => one.until(() => one.outbox.size === 0, 'all is answered')));
  const asked = everybody[2] as ModelClient;
  const whole = await asked.ask({ type: 'requestSync', roomId: ROOM });
  const inRoom = everybody.filter(({ rooms }) => rooms.has(ROOM));
  await Promise.all(
    inRoom.map((one) => one.until(() => one.room.version === whole.version, 'the last version')),
  );
  await Promise.all(
    inRoom.map((one) =>
      one.until(() => one.room.messages.length === whole.messages.length, 'the last message'),
    ),
  );
  const { text, version } = whole.documents[DOCUMENT];
  await Promise.all(
    inRoom.map((one) => one.until(() => one.room.text(DOCUMENT).version === version, 'the last text')),
  );
  const different = inRoom.filter(
    ({ room }) =>
      !isDeepStrictEqual(room.manifest, whole.manifest) ||
      !isDeepStrictEqual(room.messages, whole.messages) ||
      room.text(DOCUMENT).text !== text,
  );
  t.same(
    different.map((one) => one.userId),
    [],
    '[SR3] in the end all have the same scene, text and messages',
  );
  t.same(
    everybody.flatMap((one) => [...one.allFaults, ...one.refusals]).slice(0, 5),
    [],
    '[SC2] [SR2] [SR3] nobody missed a delta, and nothing ordered came twice or out of order',
  );
}

/** Polls: a metric is not told. */
async function reaches(
  server: ChildServer,
  metric: string,
  value: number,
  meanwhile: () => Promise<void> | void = () => {},
): Promise<void> {
  while ((await server.metric(metric)) < value) {
    await meanwhile();
    await passed(30);
  }
}

async function settles(server: ChildServer, metric: string, value: number): Promise<void> {
  while ((await server.metric(metric)) !== value) await passed(30);
}

/** Time for traffic to flow. */
function passed(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
