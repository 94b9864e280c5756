import { type Contender, contenders } from '../servers/servers.ts';
import type { Case, Workload } from './run.ts';
import { atHalfLoad, streamed } from './stream.ts';

const everybody: readonly Contender[] = Object.values(contenders);
const onOneMachine: readonly Contender[] = everybody.filter(({ store }) => store === undefined);
const { tandemBatch, tandemSingle, tandemSocketIo, socketIo, bareUws } = contenders;
const some: readonly Contender[] = [tandemBatch, tandemSingle, tandemSocketIo, socketIo, bareUws];
const few: readonly Contender[] = [tandemBatch, tandemSocketIo, socketIo, bareUws];

function moving(rooms: number, users: number, perSecond: number, all = onOneMachine): Case {
  return {
    title: `${rooms === 1 ? 'a room' : `${rooms} rooms`} of ${users}, everybody moving at ${perSecond} Hz`,
    rows: all.map((one) => streamed(one, { kind: 'move', rooms, users, perSecond })),
    against: socketIo.name,
    by: 'cpuPerDelivery',
  };
}

export const cameras: Workload = {
  name: 'cameras',
  text: 'Where everybody is right now, to everybody else in the room; messages of about 150 bytes. What is merged within a tick of 16 ms was never due to arrive one by one; that the last position of each has come to all others is counted.',
  cases: [
    // No more than the slowest can carry, or nearly: what waits in a queue is no cost of a delivery, and is doubted.
    moving(4, 20, 60),
    { ...moving(1, 50, 60), main: [tandemBatch.name, socketIo.name, bareUws.name] },
    { ...moving(10, 20, 60, everybody), when: 'whole' },
    { ...moving(5, 50, 60, everybody), when: 'whole' },
    { ...moving(10, 20, 30, some), when: 'whole' },
    { ...moving(10, 20, 10, some), when: 'whole' },
    { ...moving(5, 50, 10, some), when: 'whole' },
    // What a core carries: a server that has little to do wakes for each message, and one that is busy for many.
    {
      title: 'Rooms of 20 at 60 Hz, as many as take half of a core',
      rows: some.map((one) =>
        atHalfLoad(one, { kind: 'move', rooms: one === socketIo ? 2 : 10, users: 20, perSecond: 60 }),
      ),
      main: few.map(({ name }) => name),
      against: socketIo.name,
      by: 'cpuPerDelivery',
    },
    { ...moving(4, 20, 60, few), when: 'quick' },
  ],
};
