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
    main: [tandemBatch.name, socketIo.name, socketIoUws.name],
    against: socketIo.name,
    by: 'cpuPerDelivery',
  };
}

/** Of rooms of 20; each operation is on disk before anybody hears of it. */
function onRedis(title: string, rows: readonly [Contender, number][], perSecond: number, by: string): Case {
  return {
    title: `${title}; each user making ${perSecond} operations a second`,
    // CPU is compared, and no core is to be busy: what is merged then would be cheap.
    rows: rows.map(([one, rooms]) => streamed(one, { kind: 'edit', rooms, users: 20, perSecond })),
    against: rows[0]?.[0].name ?? '',
    by,
    when: 'whole',
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
        atHalfLoad(one, { kind: 'edit', rooms: one === socketIo ? 6 : 18, users: 20, perSecond: 10 }),
      ),
      against: socketIo.name,
      by: 'ackP99',
    },
    onRedis(
      '6 rooms of 20 on LMDB, or on Redis',
      [
        [tandemBatch, 6],
        [tandemRedis, 6],
      ],
      10,
      'cpuPerDelivery',
    ),
    // Not the same load: a node that has less to do needs more for each delivery, as it wakes for fewer at once.
    onRedis(
      '8 rooms of 20 on one node, or 14 on two',
      [
        [tandemRedis, 8],
        [twoNodesByRooms, 14],
        [twoNodesByUsers, 14],
      ],
      10,
      'deliveriesPerCpuSecond',
    ),
    { ...editing(4), when: 'quick' },
  ],
};
