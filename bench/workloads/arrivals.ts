import { type Contender, contenders } from '../servers/servers.ts';
import { type Case, lossesOf, type Row, type Workload } from './run.ts';
import { crowd, withServer } from './scene.ts';

const ROOM_SIZE = 20;

const joined = ({ name }: Contender) => `${name}, token and join`;
const bare = ({ name }: Contender) => `${name}, bare connection`;

/** @param onlyConnect no token, no room: a bare connection */
function arriving(contender: Contender, rooms: number, onlyConnect: boolean): Row {
  return {
    name: onlyConnect ? bare(contender) : joined(contender),
    run: (scale) =>
      withServer(contender, scale, async ({ server, crews, enter, during }) => {
        const all = await crowd(rooms, ROOM_SIZE);
        const came = await during(() => enter(all, { atOnce: 200, onlyConnect }));
        const first = await crews.take();
        const memoryBytes = await server.memoryBytes();
        const back = onlyConnect ? undefined : await during(() => crews.all('comeBack'));
        const second = await crews.take();
        return {
          figures: {
            cpuPerArrival: came.cpu / all.length,
            arrivalsPerSecond: all.length / came.seconds,
            enteringP99: first.entering.percentile(99) / 1000,
            ...(back && {
              cpuPerReturn: back.cpu / all.length,
              returnsPerSecond: all.length / back.seconds,
              returningP99: second.entering.percentile(99) / 1000,
            }),
            memoryBytes,
          },
          doubts: lossesOf(first.lost),
        };
      }),
  };
}

const { tandemBatch, tandemSocketIo, socketIo, socketIoUws, bareUws } = contenders;

function coming(rooms: number): Case {
  const row = (contender: Contender, onlyConnect: boolean) => arriving(contender, rooms, onlyConnect);
  return {
    title: `${(rooms * ROOM_SIZE).toLocaleString('en')} connections into ${rooms} rooms, and back`,
    rows: [
      row(tandemBatch, false),
      row(tandemSocketIo, false),
      row(socketIo, true),
      row(socketIo, false),
      row(socketIoUws, true),
      row(bareUws, true),
    ],
    main: [joined(tandemBatch), joined(tandemSocketIo), bare(socketIo)],
    against: bare(socketIo),
    by: 'cpuPerArrival',
  };
}

export const arrivals: Workload = {
  name: 'arrivals',
  text: 'Everybody comes as fast as the server lets them in, into rooms of 20; then all are cut off at once and come back to where they were.',
  cases: [coming(500), { ...coming(25), when: 'quick' }],
};
