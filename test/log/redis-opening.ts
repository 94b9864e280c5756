import type { Test } from 'tap';
import type { Log, OpeningEvents, RoomLog } from '../../server/log/log.ts';
import { openRedisLog, type RedisLogOptions } from '../../server/log/redis.ts';
import type { TestRedis } from '../support/redis.ts';

/** A room's log that is open, and what it has handed on. */
export interface Heard {
  readonly room: RoomLog;
  readonly entries: string[];
  readonly arrays: (readonly string[])[];
  /** Offsets that were not the next one. */
  readonly faults: string[];
}

export async function open(log: Log, roomId = 'room', events: OpeningEvents = {}): Promise<Heard> {
  const entries: string[] = [];
  const arrays: (readonly string[])[] = [];
  const faults: string[] = [];
  const room: RoomLog = await log.open(
    roomId,
    (first, batch) => {
      const expected = before + entries.length + 1;
      if (first !== expected) faults.push(`${first} where ${expected} is next`);
      entries.push(...batch);
      arrays.push(batch);
    },
    events,
  );
  const before = (room.snapshot?.offset ?? 0) + room.tail.length;
  return { room, entries, arrays, faults };
}

/** A log on a Redis, impatient; ends with the test. */
export async function logOn(
  t: Test,
  { url }: { url: string },
  options: Partial<RedisLogOptions> = {},
): Promise<Log> {
  const log = await openRedisLog({ url, timeoutMs: 1000, probeIntervalMs: 20, ...options });
  t.teardown(() => log.close());
  return log;
}

/** How many hear what happens in a room. */
export async function hearersOf({ command }: Pick<TestRedis, 'command'>, roomId: string): Promise<number> {
  const [, count] = (await command('PUBSUB', 'SHARDNUMSUB', `tandem:{${roomId}}:live`)) as unknown[];
  return Number(count);
}
