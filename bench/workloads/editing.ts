import { noRedis } from '../servers/redis.ts';
import { type Contender, contenders } from '../servers/servers.ts';
import type { Case, Workload } from './run.ts';
import { atHalfLoad, streamed } from './stream.ts';

const { tandemBatch, tandemSingle, socketIo, socketIoUws } = contenders;
const { tandemRedis, twoNodesByRooms, twoNodesByUsers } = contenders;

function editing(rooms: number): Case {
  return {
    title: `${rooms} rooms of 20, each user making 10 operations a second`,
    rows: [tandemBatch, tandemSingle, socketIo, socketIoUws].map((one) =>
      streamed(one, { kind: 'edit', rooms, users: 20, perSecond: 10 }),
    ),
    against: socketIo.name,
    by: 'cpuPerDelivery',
  };
}

/** The same load, each operation on disk before anybody hears of it. */
function onRedis(
  title: string,
  rows: readonly Contender[],
  against: Contender,
  by: string,
  perSecond: number,
): Case {
  // CPU is compared, and no core is to be busy: what is merged then would be cheap.
  const load = { kind: 'edit', rooms: 6, users: 20, perSecond } as const;
  return {
    title: `6 rooms of 20, ${perSecond} operations a second each: ${title}`,
    rows: rows.map((one) => streamed(one, load)),
    against: against.name,
    by,
    impossible: noRedis,
  };
}

export const edits: Workload = {
  name: 'editing',
  text: 'Operations on a scene, each acknowledged and delivered to the others of its room. Tandem has it on disk (LMDB, fsync) before anybody hears of it; Socket.IO stores nothing and hands it on. On Redis (appendfsync always) it is on Redis’s disk; CPU is that of the Tandem processes alone, and Redis’s stands in a column of its own.',
  cases: [
    editing(12),
    { ...editing(20), when: 'whole' },
    {
      title: 'As many rooms of 20 as take half of a core',
      rows: [tandemBatch, socketIo].map((one) =>
        atHalfLoad(one, { kind: 'edit', rooms: 15, users: 20, perSecond: 10 }),
      ),
      against: socketIo.name,
      by: 'ackP99',
    },
    onRedis('LMDB, or Redis', [tandemBatch, tandemRedis], tandemBatch, 'cpuPerDelivery', 10),
    onRedis(
      'one node, or two',
      [tandemRedis, twoNodesByRooms, twoNodesByUsers],
      tandemRedis,
      'deliveriesPerCpuSecond',
      5,
    ),
    { ...editing(4), when: 'quick' },
  ],
};
