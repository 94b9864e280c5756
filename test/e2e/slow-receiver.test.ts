import { isDeepStrictEqual } from 'node:util';
import t, { type Test } from 'tap';
import { type BusyRoom, DOCUMENT, openBusyRoom, PLANET, ROOM, SIDE_ROOMS, writeText } from './busy-room.ts';
import { type ChildServer, startChildServer, unlimited } from './child-server.ts';
import { mib, ms, quantile } from './figures.ts';
import { ModelClient } from './model-client.ts';

const DRAIN_TIMEOUT_MS = 4000;
const STALLS = 5;
const NEVER_READING = 8;
/** The bound, a published frame and an answer more. */
const BUFFER_BYTES = 1.25 * 1024 * 1024;
/** What is held for them, and the noise of a heap; without a bound it would be three times as much. */
const ALLOWED_GROWTH_BYTES = 64 * 1024 * 1024;
/** Above what a busy machine adds, below what waiting for a stalled one would. */
const LATEST_MS = 3500;

const settings = {
  ...unlimited,
  MAX_ROOM_USERS: '50',
  KEPT_MESSAGES: '100000',
  DRAIN_TIMEOUT_MS: `${DRAIN_TIMEOUT_MS}`,
};

t.setTimeout(300_000);

for (const transport of ['uws', 'ws']) {
  for (const framing of ['single', 'batch']) {
    t.test(`one who does not read, on ${transport}, with ${framing} frames`, async (t) => {
      const server = await startChildServer(t, {
        env: { ...settings, DATA_DIR: t.testdir(), TRANSPORT: transport },
        nodeArgs: ['--max-semi-space-size=4'],
      });
      const port = () => server.port;
      const busy = await openBusyRoom(port);
      const receiver = (userId: string, rooms: readonly string[] = [ROOM]) =>
        new ModelClient({ port, userId, rooms, batch: framing === 'batch' });
      const slow = receiver('slow');
      const wide = receiver('wide', [ROOM, ...SIDE_ROOMS]);
      const late = Array.from({ length: NEVER_READING }, (_, index) => receiver(`late${index}`));
      const everybody = [...busy.senders, ...busy.aside, slow, wide, ...late];
      t.teardown(() => {
        busy.stop();
        for (const one of everybody) one.end();
      });
      for (const one of [slow, wide, ...late]) {
        await one.until(() => one.joined, 'joined');
        one.send({ type: 'join_viewer', roomId: ROOM, planetId: PLANET });
      }
      busy.paint(true);
      busy.takeLatencies();
      await passed(2000);
      const calm = busy.takeLatencies();
      busy.paint(false);

      const took: number[] = [];
      for (let stall = 1; stall <= STALLS; stall++) {
        took.push(await stalled(t, server, busy, [slow, wide], stall));
      }
      t.ok(quantile(took, 0.5) < 2000, '[SR3] level within 2 s');
      compare(t, calm, busy.takeLatencies());
      await neverReading(t, server, busy, late);

      busy.stop();
      await equalInTheEnd(t, everybody);
    });
  }
}

/** They stop reading, lag, read again, and are as before. */
async function stalled(
  t: Test,
  server: ChildServer,
  busy: BusyRoom,
  stalling: ModelClient[],
  stall: number,
): Promise<number> {
  const reference = busy.senders[5] as ModelClient;
  // In every other stall only what one tick or two have missed: it comes as operations, not as a state.
  const isLong = stall % 2 === 0;
  const before = stalling.map(({ room }) => ({ states: room.states, deltas: room.deltas }));
  for (const { socket } of stalling) socket?.pause();
  busy.paint(true);
  const begun = performance.now();
  await reaches(server, 'tandem_lagging_connections', stalling.length);
  const filled = performance.now() - begun;
  if (!isLong) busy.paint(false);
  // They cannot read, and still speak.
  for (const one of stalling) {
    one.submit({ type: 'message', text: `${one.userId} in stall ${stall}` });
    writeText(one, 's');
  }
  if (isLong) await passed(700);
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
  t.comment(
    `stall ${stall}: lagging after ${ms(filled)}, level ${ms(took)} after reading; ${ways.join('; ')}`,
  );
  t.equal(await server.metric('tandem_lagging_connections'), 0, '[SR3] and live again');
  return took;
}

function isLevel({ room }: ModelClient, { room: other }: ModelClient): boolean {
  return room.version === other.version && isDeepStrictEqual(room.manifest, other.manifest);
}

/** Of these the server holds no more than the bound, and ends them in time. */
async function neverReading(
  t: Test,
  server: ChildServer,
  busy: BusyRoom,
  late: ModelClient[],
): Promise<void> {
  const closed = 'tandem_closes_total{code="SLOW_CONSUMER"}';
  t.equal(await server.metric(closed), 0, '[SR4] nobody was closed who drained in time');
  const lagged = 'tandem_lagged_total';
  const before = await server.metric(lagged);
  const memory = server.memoryBytes();
  let most = memory;
  const buffered: number[] = [];
  const connections = late.map((one) => one.connections);
  for (const { socket } of late) socket?.pause();
  busy.paint(true);
  await reaches(server, lagged, before + late.length);
  const lagging = performance.now();
  await reaches(server, closed, late.length, async () => {
    most = Math.max(most, server.memoryBytes());
    buffered.push(await server.metric('tandem_buffered_bytes'));
  });
  const after = performance.now() - lagging;
  busy.paint(false);
  t.comment(
    `memory ${mib(memory)}, at most ${mib(most)} with ${late.length} not reading, ` +
      `${mib(Math.max(...buffered))} of it for them; closed after ${ms(after)}`,
  );
  t.ok(Math.max(...buffered) > late.length * 1024 * 1024, 'they were behind by more than a MiB each');
  t.ok(Math.max(...buffered) < late.length * BUFFER_BYTES, '[SR1] the server buffers no more for them');
  t.ok(most - memory < ALLOWED_GROWTH_BYTES, '[SR1] [SR2] what the server holds for them is bounded');
  t.ok(after < 4 * DRAIN_TIMEOUT_MS, '[SR4] closed with SLOW_CONSUMER after DRAIN_TIMEOUT_MS');
  const lost = late.map((one) => new Promise<number>((resolve) => one.socket?.once('close', resolve)));
  for (const { socket } of late) socket?.resume();
  t.same(
    await Promise.all(lost),
    late.map(() => 1006),
    '[SR4] their side sees the connection break off',
  );
  await Promise.all(
    late.map((one, index) =>
      one.until(() => one.joined && one.connections > (connections[index] ?? 0), 'back'),
    ),
  );
}

function compare(t: Test, calm: Latencies, stalled: Latencies): void {
  for (const kind of ['operations', 'cameras'] as const) {
    const [before, during] = [calm[kind], stalled[kind]].map((values) => quantile(values, 0.99)) as [
      number,
      number,
    ];
    t.comment(
      `${kind}: p99 ${ms(before)} before, ${ms(during)} during the stalls, ratio ${(during / before).toFixed(2)}; ` +
        `median ${ms(quantile(calm[kind], 0.5))} and ${ms(quantile(stalled[kind], 0.5))}; ${stalled[kind].length} deliveries`,
    );
    t.ok(quantile(stalled[kind], 1) < LATEST_MS, `[SR2] no delivery of ${kind} to the others was late`);
  }
}

type Latencies = ReturnType<BusyRoom['takeLatencies']>;

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
  const deadline = performance.now() + 60_000;
  while ((await server.metric(metric)) < value) {
    if (performance.now() > deadline) throw new Error(`${metric} does not reach ${value}`);
    await meanwhile();
    await passed(30);
  }
}

/** Time for traffic to flow. */
function passed(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs));
}
