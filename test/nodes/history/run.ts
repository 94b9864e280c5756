import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import { openRedisLog } from '../../../server/log/redis.ts';
import { encodeSnapshot } from '../../../server/room/snapshot.ts';
import { foldStoredRoom, wholeOf } from '../../e2e/stored-room.ts';
import { createRandom, type Random } from '../../simulation/random.ts';
import { startRedis } from '../../support/redis.ts';
import { assemble, type Cast, repeat } from './cast.ts';
import { endOf, faultsIn, sceneFaultsIn, talkFaultsIn } from './checks.ts';
import { Faults } from './faults.ts';
import { Fleet } from './fleet.ts';
import { type LogTells, tellsOf } from './log-tells.ts';
import { furnish, presentAt, wholesAt } from './looking.ts';
import { RedisChronicle } from './redis-chronicle.ts';

const NODES = 3;
const ROOMS = ['scene:p:one', 'scene:p:two'];
const SETTLE_MS = 60_000;
const ARRIVAL_MS = 10_000;

export interface HistoryOptions {
  /** How long things go wrong. */
  readonly lastsMs: number;
  /** Between two faults, on average. */
  readonly pauseMs: number;
}

export interface Outcome {
  /** Each a sentence; none where all is well. */
  readonly problems: readonly string[];
  /** What happened, line by line. */
  readonly lines: readonly string[];
  readonly summary: string;
}

function settingsOf(random: Random): Record<string, string> {
  return {
    ...{ STORE: 'redis', REDIS_TIMEOUT_MS: '1500', RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s' },
    ...{ HEARTBEAT_MS: '2000', HEARTBEAT_GRACE_MS: '8000', LOCK_TTL_MS: random.pick(['4000', '300000']) },
    ...{ MAX_ROOM_USERS: '100', KEPT_MESSAGES: '100000', KEPT_TEXT_OPERATIONS: '100000' },
    ...{ KEPT_EVENTS: random.pick(['30', '1000']), SNAPSHOT_ENTRIES: random.pick(['20', '1000']) },
    TRANSPORT: random.pick(['uws', 'ws']),
  };
}

/** One history from beginning to end: people at work, all that goes wrong amid it, calm, and a look at the log. */
export async function runHistory(t: Test, seed: number, options: HistoryOptions): Promise<Outcome> {
  const random = createRandom(seed);
  const env = settingsOf(random);
  const lines = [JSON.stringify(env)];
  const begun = performance.now();
  const note = (line: string) => lines.push(`${Math.round(performance.now() - begun)} ms: ${line}`);
  const redis = await startRedis(t);
  const fleet = await Fleet.start(t, redis, NODES, env);
  await furnish(fleet.ports[0] as number, ROOMS);
  const chronicle = new RedisChronicle(redis.url, ROOMS);
  t.teardown(() => chronicle.stop());
  const cast = await assemble(fleet, ROOMS, random);
  t.teardown(() => cast.end());
  const everybody = [...cast.natives, ...cast.scenes, ...cast.rooms];
  const isQuiet = () => everybody.every(({ isSettled }) => isSettled);
  const problems: string[] = [];
  if (!(await soon(isQuiet))) problems.push('not everybody came');

  const faults = new Faults(fleet, redis, random, note);
  const stopActing = cast.act();
  const stopStriking = repeat(createRandom(seed + 1), options.pauseMs, () => faults.strike());
  await new Promise((resolve) => setTimeout(resolve, options.lastsMs));
  stopStriking();
  stopActing();
  await faults.over();
  note('calm');
  problems.push(...fleet.deaths.map((errors) => `a node ended by itself: ${errors}`));

  for (const one of cast.natives) for (const roomId of ROOMS) if (!one.wanted.has(roomId)) one.enter(roomId);
  if (!(await soon(isQuiet)))
    problems.push(`did not settle: ${everybody.filter((one) => !one.isSettled).map((one) => one.name)}`);
  note('settled');
  problems.push(...(await ghostsAt(fleet, cast)));
  note('nobody else is there');
  const wholes = await Promise.all(fleet.ports.map((port) => wholesAt(port, ROOMS)));
  problems.push(...(await ghostsAt(fleet, cast)));

  let seen: { wrong: string[]; summary: string } = { wrong: [], summary: '' };
  // What was appended last may be on its way, and more may be appended while the log is read.
  await soon(async () => {
    seen = await looked(cast, chronicle, redis.url, wholes);
    return seen.wrong.length === 0;
  }, ARRIVAL_MS);
  return { problems: [...problems, ...seen.wrong], lines, summary: seen.summary + told(cast, faults) };
}

/** What is wrong, by the log as it stands now. */
async function looked(
  cast: Cast,
  chronicle: RedisChronicle,
  url: string,
  wholes: readonly Map<string, unknown>[],
): Promise<{ wrong: string[]; summary: string }> {
  const wrong: string[] = [];
  let summary = '';
  try {
    const read = await chronicle.readToEnd();
    for (const roomId of ROOMS) {
      const log = tellsOf(read.life(roomId, chronicle.epochOf(roomId)));
      summary += `${roomId}: ${log.state.offset} entries, version ${log.state.scene.version}; `;
      wrong.push(...differencesIn(cast, roomId, log));
      const whole = wholeOf(log.state);
      for (const states of wholes)
        if (!isDeepStrictEqual(states.get(roomId), whole)) wrong.push(`a node has another ${roomId}`);
      const stored = await foldStoredRoom(await openRedisLog({ url }), roomId);
      if (encodeSnapshot(stored.state) !== encodeSnapshot(log.state))
        wrong.push(`[DU2] ${roomId} is another when it is read from its snapshot`);
    }
  } catch (error) {
    wrong.push((error as Error).stack ?? String(error));
  }
  return { wrong, summary };
}

/** After a while everybody is present in each room, at each node, and nobody else is. */
async function ghostsAt(fleet: Fleet, { natives, scenes, rooms }: Cast): Promise<string[]> {
  const problems: string[] = [];
  for (const roomId of ROOMS) {
    const others = [...scenes, ...rooms].filter((one) => one.roomId === roomId);
    const due = [...new Set([...natives, ...others].map(({ userId }) => userId))].sort();
    for (const port of fleet.ports) {
      let present: string[] = [];
      const isSo = await soon(async () => {
        present = await presentAt(port, roomId);
        return isDeepStrictEqual(present, due);
      });
      if (!isSo) problems.push(`[PR5] in ${roomId} are ${present} and should be ${due}`);
    }
  }
  return problems;
}

/** What anybody saw, or sees, otherwise than the log has it. */
function differencesIn(cast: Cast, roomId: string, log: LogTells): string[] {
  const inIt = <One extends { roomId: string }>(list: readonly One[]) =>
    list.filter((one) => one.roomId === roomId);
  return [
    ...cast.natives.flatMap((one) => endOf(one, roomId, log)),
    ...cast.natives
      .flatMap((one) => one.seen.get(roomId) ?? [])
      .flatMap((seen) => faultsIn(seen, roomId, log)),
    ...inIt(cast.scenes).flatMap((one) => sceneFaultsIn(one, log)),
    ...inIt(cast.rooms).flatMap((one) => talkFaultsIn(one, log)),
  ];
}

function told({ natives, scenes, rooms }: Cast, { counts }: Faults): string {
  const sockets = [...scenes, ...rooms];
  const refusals: Record<string, number> = {};
  for (const { refusals: own } of [...natives, ...sockets])
    for (const [code, times] of own) refusals[code] = (refusals[code] ?? 0) + times;
  const connections = [...natives, ...sockets].reduce((sum, one) => sum + one.connections, 0);
  const recoveries = sockets.reduce((sum, one) => sum + one.recoveries, 0);
  const faults = JSON.stringify(Object.fromEntries(counts));
  return `${connections} connections, ${recoveries} recoveries; ${faults}; ${JSON.stringify(refusals)}`;
}

/** Whether it comes to be so. */
async function soon(holds: () => boolean | Promise<boolean>, withinMs = SETTLE_MS): Promise<boolean> {
  for (const begun = performance.now(); performance.now() - begun < withinMs; ) {
    if (await Promise.resolve(holds()).catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
