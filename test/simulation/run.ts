import type { Log } from '../../server/log/log.ts';
import { createMemoryLog } from '../../server/log/memory.ts';
import { actions, join, weights } from './actions.ts';
import { checkEnd, checkHistory, checkPresence } from './checks.ts';
import type { Chronicle } from './chronicle.ts';
import type { ModelClient } from './model-client.ts';
import { createRandom, type Random } from './random.ts';
import { type Store, World } from './world.ts';

export function memoryStore(): Store {
  const log: Log = createMemoryLog();
  return { open: async () => log, close: async () => {} };
}

/** Limits so small that they are met often. */
function chooseSettings(random: Random): Record<string, string> {
  return {
    RATE_LIMIT: '1000000/1s',
    STREAM_LIMIT: '1000000/1s',
    LOCK_TTL_MS: random.pick(['60000', '300000']),
    TICK_MS: random.pick(['16', '16', '100']),
    MAX_MESSAGE_BYTES: '4096',
    MAX_BUFFERED_BYTES: random.pick(['4096', '4096', '1048576']),
    MAX_HELD_REPLY_BYTES: random.pick(['1000', '65536']),
    KEPT_EVENTS: random.pick(['4', '20', '1000']),
    KEPT_EVENT_BYTES: random.pick(['2000', '1048576']),
    KEPT_TEXT_OPERATIONS: random.pick(['3', '500']),
    KEPT_MESSAGES: random.pick(['3', '200']),
    SNAPSHOT_ENTRIES: random.pick(['1', '20', '1000']),
  };
}

export interface HistoryOptions {
  store?: Store;
  /** Clients go on before their syncs, leaves and further joins are answered. */
  pipelines?: boolean;
}

/**
 * One random history from beginning to end. Throws where a rule is broken, with what led to it.
 *
 * @returns how often rooms were appended to, and processes died, while a state was being stored
 */
export async function runHistory(
  seed: number,
  { store = memoryStore(), pipelines = false }: HistoryOptions = {},
): Promise<Chronicle['amidSnapshots']> {
  const random = createRandom(seed);
  const env = chooseSettings(random);
  const world = new World({
    random,
    store,
    env,
    rooms: random.chance(0.3) ? 2 : 1,
    clients: 2 + random.below(4),
    slow: random.pick([0, 0, 2, 12]),
  });
  try {
    await world.start();
    for (let steps = 30 + random.below(90); steps > 0; steps--) await step(world, pipelines);
    await settleDown(world);
    checkEnd(world);
    await world.stop();
    await checkHistory(world, store);
    return world.chronicle.amidSnapshots;
  } catch (cause) {
    const told = cause instanceof Error ? cause.stack : String(cause);
    const mode = pipelines ? ', pipelined' : '';
    throw new Error(`seed ${seed}${mode}: ${told}\n${JSON.stringify(env)}\n${world.lines.join('\n')}`, {
      cause,
    });
  }
}

async function step(world: World, pipelines: boolean): Promise<void> {
  const { random } = world;
  const kind = random.weighted({
    client: 100,
    settle: 35,
    tick: 25,
    time: 3,
    long: 1,
    log: 1,
    restart: 1,
    crash: world.log.isCompacting ? 20 : 1.5,
  });
  if (kind === 'client') return clientStep(world, random.pick(world.clients), pipelines);
  if (kind === 'settle') return world.settle();
  if (kind === 'tick') return world.pass(1 + random.below(20));
  if (kind === 'time') return world.pass(1000 * (1 + random.below(20)));
  if (kind === 'long') return world.pass(40_000 + random.below(80_000));
  if (kind === 'log') {
    world.trace('--- the log fails or works again');
    return world.log.fail(random.chance(0.5));
  }
  if (kind === 'restart') await world.stop();
  else await world.crash();
  await world.start();
}

function clientStep(world: World, client: ModelClient, pipelines: boolean): void {
  const { random } = world;
  if (random.chance(0.1)) client.receive();
  if (random.chance(0.03)) client.isAlive = !client.isAlive;
  const roomId = random.pick(world.rooms);
  if (client.connection === undefined) return arrive(world, client);
  if (!pipelines && awaits(client, roomId, crossing)) return;
  if (random.chance(0.06)) return part(client, random);
  if (client.isStalled && random.chance(0.2)) return read(client);
  if (!client.joined.has(roomId) && random.chance(0.9)) {
    if (!awaits(client, roomId, joins) || random.chance(0.1)) return join(client, roomId, random);
  }
  if (random.chance(0.15)) client.save(roomId);
  actions[random.weighted(weights)](client, roomId, random);
}

const joins = new Set(['join']);
/** What changes how a client stands to a room. */
const crossing = new Set(['join', 'leave', 'requestSync']);

function awaits(client: ModelClient, roomId: string, types: ReadonlySet<string>): boolean {
  return client.unanswered.some(({ command }) => command.roomId === roomId && types.has(command.type));
}

function arrive(world: World, client: ModelClient): void {
  client.connect(world.server);
  for (const roomId of world.rooms) if (world.random.chance(0.8)) join(client, roomId, world.random);
}

function part(client: ModelClient, random: Random): void {
  const readsFirst = random.chance(0.5);
  const isClean = random.chance(0.4);
  if (readsFirst) client.receive();
  client.connection?.close(isClean);
  client.disconnected(false);
}

export function read(client: ModelClient): void {
  client.isStalled = false;
  client.connection?.read();
}

/** Everybody is there, reads, and is up to date; who is gone has been noticed. */
async function settleDown(world: World): Promise<void> {
  world.trace('--- settling down');
  world.log.fail(false);
  for (let round = 0; round < 2; round++) {
    for (const client of world.clients) {
      client.isAlive = true;
      if (client.isStalled) read(client);
      client.send({ type: 'heartbeat' });
    }
    await world.pass(1000);
    for (const client of world.clients) {
      if (client.connection === undefined) client.connect(world.server);
      for (const roomId of world.rooms) if (!client.joined.has(roomId)) join(client, roomId, world.random);
    }
    await world.pass(1000);
  }
  // Those that broke off and did not come back are removed after their grace.
  const [stays, ...others] = world.clients as [ModelClient, ...ModelClient[]];
  const away = world.random.pick(others);
  away.connection?.close(false);
  away.disconnected(false);
  await world.pass(120_000);
  checkPresence(world, stays);
  away.connect(world.server);
  for (const roomId of world.rooms) join(away, roomId, world.random);
  await world.pass(2000);
  for (const client of world.clients) {
    for (const roomId of world.rooms) client.send({ type: 'requestSync', roomId });
  }
  await world.pass(1000);
}
