import { setTimeout as passed } from 'node:timers/promises';
import { type Contender, contenders } from '../servers/servers.ts';
import { lossesOf } from './doubts.ts';
import type { Row, Workload } from './run.ts';
import { crowd, withServer } from './scene.ts';

const CONNECTIONS = 20_000;
const ROOM_SIZE = 20;
/** Between two pings of Engine.IO: less would hold those of some connections and not of others. */
const HEARTBEAT_MS = 25_000;
/** Files that a process has open besides. */
const OTHER_FILES = 500;

const joined = ({ name }: Contender) => `${name}, joined`;
const bare = ({ name }: Contender) => `${name}, bare connection`;

function idling(contender: Contender, onlyConnect: boolean): Row {
  return {
    name: onlyConnect ? bare(contender) : joined(contender),
    isOwn: contender.isOwn,
    run: (scale) =>
      withServer(contender, scale, async ({ server, crews, enter, during }) => {
        const most = Math.min(CONNECTIONS * scale.part, openFiles() - OTHER_FILES);
        // What the first connections bring with them is no matter of the others.
        const all = await crowd(Math.floor(most / ROOM_SIZE), ROOM_SIZE, onlyConnect);
        const few = all.splice(0, 200);
        await enter(few, { onlyConnect });
        const before = await server.memoryBytes();
        await enter(all, { atOnce: 100, onlyConnect });
        await passed(2000);
        const after = await server.memoryBytes();
        const heartbeats = Math.ceil(scale.measuredMs / HEARTBEAT_MS);
        const { cpu, seconds } = await during(() => passed(heartbeats * HEARTBEAT_MS));
        const { lost } = await crews.take();
        return {
          figures: {
            bytesPerConnection: (after - before) / all.length,
            connections: all.length,
            idleCpu: cpu / seconds / all.length,
            memoryBytes: after,
          },
          doubts: lossesOf(lost),
        };
      }),
  };
}

/** As many as a process may have. */
function openFiles(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits: { open_files: { soft: number | 'unlimited' } };
  };
  return Number(userLimits.open_files.soft) || Number.POSITIVE_INFINITY;
}

const { tandemBatch, tandemSocketIo, socketIo, socketIoUws, plainWs, bareUws } = contenders;

export const idle: Workload = {
  name: 'idle',
  text: 'Connections that say nothing, up to 20,000 (as many files as a process may have open here): what each takes in memory when V8 has given back all that it can, and of the CPU in a whole heartbeat of Engine.IO (25 s).',
  cases: [
    {
      title: 'Idle connections',
      rows: [
        idling(tandemBatch, false),
        idling(tandemSocketIo, false),
        idling(socketIo, true),
        idling(socketIoUws, true),
        idling(plainWs, true),
        idling(bareUws, true),
      ],
      main: [joined(tandemBatch), joined(tandemSocketIo), bare(socketIo), bare(bareUws)],
      against: bare(bareUws),
      by: 'bytesPerConnection',
    },
  ],
};
