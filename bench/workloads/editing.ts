import { contenders } from '../servers/servers.ts';
import type { Case, Workload } from './run.ts';
import { atHalfLoad, streamed } from './stream.ts';

const { tandemBatch, tandemSingle, socketIo, socketIoUws } = contenders;

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

export const edits: Workload = {
  name: 'editing',
  text: 'Operations on a scene, each acknowledged and delivered to the others of its room. Tandem has it on disk (LMDB, fsync) before anybody hears of it; Socket.IO stores nothing and hands it on.',
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
    { ...editing(4), when: 'quick' },
  ],
};
