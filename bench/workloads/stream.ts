import { setTimeout as passed } from 'node:timers/promises';
import type { Crews } from '../load/crews.ts';
import type { Speech } from '../load/speech.ts';
import { speeches } from '../load/speeches.ts';
import type { Tally } from '../load/tally.ts';
import { noRedis } from '../servers/redis.ts';
import type { Contender } from '../servers/servers.ts';
import { arrearsOf, BUSY, loadOf, lossesOf, percent, refusalsOf } from './doubts.ts';
import type { Row, Run, Scale } from './run.ts';
import { crowd, type Spent, withServer } from './scene.ts';

/** Everybody in some rooms does the same so many times a second. */
export interface Stream {
  kind: 'move' | 'edit';
  rooms: number;
  users: number;
  perSecond: number;
}

/** Seconds without a delivery after which none is awaited any more. */
const QUIET = 3;

export function streamed(contender: Contender, stream: Stream, name: string = contender.name): Row {
  return {
    name,
    isOwn: contender.isOwn,
    impossible: whyNot(contender),
    run: (scale) => measure(contender, stream, scale),
  };
}

/**
 * Under so many rooms as take half of a core, which is found out first: with those of `stream`, which should be near
 * it, as one that is wholly busy does not show how much more it would need.
 */
export function atHalfLoad(contender: Contender, stream: Stream): Row {
  return {
    name: contender.name,
    isOwn: contender.isOwn,
    impossible: whyNot(contender),
    async run(scale) {
      // Half as warm is enough to count rooms by.
      const { figures } = await measure(contender, stream, { ...scale, warmUpMs: scale.warmUpMs / 2 });
      const rooms = Math.max(1, Math.round((stream.rooms * 0.5) / (figures.load ?? 1)));
      const run = await measure(contender, { ...stream, rooms }, scale);
      return { ...run, figures: { rooms, ...run.figures } };
    },
  };
}

function whyNot({ store }: Contender): string | undefined {
  return store === 'redis' ? noRedis : undefined;
}

function measure(contender: Contender, stream: Stream, scale: Scale): Promise<Run> {
  const { kind, rooms, users, perSecond } = stream;
  return withServer(contender, scale, async ({ server, crews, enter, during }) => {
    await enter(await crowd(rooms, users));
    await crews.all('work', kind, perSecond);
    await passed(scale.warmUpMs);
    await crews.take();
    const spent = await during(() => passed(scale.measuredMs));
    const tally = await crews.take();
    await crews.all('finish', kind);
    const { hearsOwn }: Speech = speeches[contender.speech];
    const hearers = hearsOwn?.includes(kind) ? users : users - 1;
    const due = rooms * users * hearers;
    const lostLast = due - (await lastDelivered(crews, due));
    const memoryBytes = await server.memoryBytes();
    return runOf(tally, stream, { ...spent, memoryBytes, lostLast, hearers });
  });
}

/** How many of the last ones have come when all of them have, or nothing comes any more. */
async function lastDelivered(crews: Crews, due: number): Promise<number> {
  let delivered = 0;
  for (let quiet = 0; quiet < QUIET && delivered < due; ) {
    await passed(500);
    const tally = await crews.take();
    delivered += tally.lastDelivered;
    quiet = tally.delivered > 0 ? 0 : quiet + 0.5;
  }
  return delivered;
}

function runOf(
  tally: Tally,
  { rooms, users, perSecond }: Stream,
  around: Spent & { memoryBytes: number; lostLast: number; hearers: number },
): Run {
  const { cpu, busiest, core, store, seconds, memoryBytes, lostLast, hearers } = around;
  // What comes back to whoever did it is no delivery.
  const delivered = (tally.delivered * (users - 1)) / hearers;
  const offered = rooms * users * perSecond * seconds;
  const { latency } = tally;
  const at = (part: number) => (latency.count === 0 ? Number.NaN : latency.percentile(part) / 1000);
  const part = delivered / (tally.sent * (users - 1));
  const doubts = [
    ...lossesOf(tally.lost),
    ...refusalsOf(tally),
    ...loadOf(tally),
    ...arrearsOf(core / 1e6 / seconds, part),
  ];
  if (tally.sent < offered * BUSY) doubts.push(`only ${percent(tally.sent / offered)} of the load were sent`);
  const acknowledged = tally.acknowledged > 0 && {
    acknowledged: tally.acknowledged / tally.sent,
    ackP50: tally.ackLatency.percentile(50) / 1000,
    ackP99: tally.ackLatency.percentile(99) / 1000,
  };
  return {
    figures: {
      deliveriesPerSecond: delivered / seconds,
      cpuPerDelivery: cpu / delivered,
      ...(store !== undefined && { storeCpuPerDelivery: store / delivered }),
      ...(store !== undefined && { deliveriesPerCpuSecond: (delivered * 1e6) / busiest }),
      load: cpu / 1e6 / seconds,
      delivered: part,
      p50: at(50),
      p95: at(95),
      p99: at(99),
      max: at(100),
      ...acknowledged,
      bytesPerDelivery: tally.bytes / delivered,
      memoryBytes,
      lostLast,
    },
    doubts,
  };
}
