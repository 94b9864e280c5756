import { type Contender, contenders } from '../servers/servers.ts';
import { loadOf, lossesOf } from './doubts.ts';
import type { Case, Row, Workload } from './run.ts';
import { crowd, withServer } from './scene.ts';

const ROOM_SIZE = 20;
/**
 * Part of the rooms whose people come, come back and go before: what they do has been compiled then. With a twentieth
 * of them a server of a few lines was ready, and one of many was still compiling while it was measured.
 */
const WARM_UP = 0.25;

const joined = ({ name }: Contender) => `${name}, token and join`;
const bare = ({ name }: Contender) => `${name}, bare connection`;

/** @param onlyConnect without token and room: of Socket.IO no more than that it is connected to the namespace */
export function arriving(contender: Contender, rooms: number, onlyConnect: boolean): Row {
  return {
    name: onlyConnect ? bare(contender) : joined(contender),
    isOwn: contender.isOwn,
    run: (scale) =>
      withServer(contender, scale, async ({ server, crews, enter, during }) => {
        const how = { atOnce: 200, onlyConnect };
        const counted = async (something: () => Promise<unknown>) => {
          await crews.take();
          const spent = await during(something);
          return { ...spent, tally: await crews.take() };
        };
        const warm = Math.ceil(rooms * WARM_UP);
        const all = await crowd(rooms + warm, ROOM_SIZE, onlyConnect);
        await enter(all.splice(0, warm * ROOM_SIZE), how);
        if (!onlyConnect) await crews.all('comeBack');
        await crews.all('end');
        const came = await counted(() => enter(all, how));
        const back = onlyConnect ? undefined : await counted(() => crews.all('comeBack'));
        const { lost } = await crews.take();
        return {
          figures: {
            cpuPerArrival: came.cpu / all.length,
            arrivalsPerSecond: all.length / came.seconds,
            enteringP99: came.tally.entering.percentile(99) / 1000,
            ...(back && {
              cpuPerReturn: back.cpu / all.length,
              returnsPerSecond: all.length / back.seconds,
              returningP99: back.tally.entering.percentile(99) / 1000,
            }),
            // Last: what is collected must not be compiled anew on the way back.
            memoryBytes: await server.memoryBytes(),
          },
          doubts: [
            ...new Set([...lossesOf(lost), ...loadOf(came.tally), ...(back ? loadOf(back.tally) : [])]),
          ],
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
