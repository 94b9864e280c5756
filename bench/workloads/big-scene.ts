import { setTimeout as passed } from 'node:timers/promises';
import { Crews } from '../load/crews.ts';
import { type Contender, contenders } from '../servers/servers.ts';
import { loadOf, lossesOf, refusalsOf } from './doubts.ts';
import type { Row, Workload } from './run.ts';
import { crowd, withServer } from './scene.ts';

const ITEMS = 10_000;
const CLIENTS = 200;

function joining(contender: Contender): Row {
  return {
    name: contender.name,
    isOwn: contender.isOwn,
    run: (scale) =>
      withServer(contender, scale, async ({ server, crews, enter, during }) => {
        const items = ITEMS * scale.part;
        const [editor, ...others] = await crowd(1, CLIENTS + 1);
        if (editor === undefined) throw new Error('nobody to edit');
        await enter([editor]);
        await crews.all('furnish', items);
        await crews.all('work', 'edit', 20);
        await crews.take();
        const joining = new Crews(1);
        try {
          await joining.take();
          const { cpu, seconds } = await during(() => enter(others, { atOnce: 20 }, joining));
          const joined = await joining.take();
          await passed(500);
          const author = await crews.take();
          const doubts = [
            ...lossesOf([...author.lost, ...joined.lost]),
            ...refusalsOf(author),
            ...loadOf(joined),
            ...loadOf(author),
          ];
          if (joined.scenes !== others.length)
            doubts.push(`${joined.scenes} scenes came to ${others.length}`);
          return {
            figures: {
              cpuPerJoin: cpu / others.length,
              joinsPerSecond: others.length / seconds,
              enteringP50: joined.entering.percentile(50) / 1000,
              enteringP99: joined.entering.percentile(99) / 1000,
              ackP99: author.ackLatency.percentile(99) / 1000,
              scenes: joined.scenes,
              sceneBytes: joined.sceneBytes / joined.scenes,
              memoryBytes: await server.memoryBytes(),
            },
            doubts,
          };
        } finally {
          await joining.end();
        }
      }),
  };
}

const { tandemBatch, tandemSingle, socketIo } = contenders;

export const bigScene: Workload = {
  name: 'big-scene',
  text: 'One edits a scene of 10,000 items while 200 others join and get all of it. The Socket.IO server keeps the items in an object and sends it to whoever joins.',
  cases: [
    {
      title: '200 clients join a scene of 10,000 items',
      rows: [tandemBatch, tandemSingle, socketIo].map(joining),
      main: [tandemBatch.name, socketIo.name],
      against: socketIo.name,
      by: 'cpuPerJoin',
    },
  ],
};
