import t from 'tap';
import { openLmdbLog } from '../../server/log/lmdb.ts';
import type { Log } from '../../server/log/log.ts';
import { runHistory } from './run.ts';
import { pipelinedSeeds, seeds } from './seeds.ts';
import type { Store } from './world.ts';

/**
 * SIMULATIONS: how many random histories to run of either kind, for as long as it takes. Without it, some
 * hundreds, or as many as there is time for. SIMULATION_SEED: the first one's seed. A failure tells its seed and
 * what led to it.
 */
const { SIMULATIONS, SIMULATION_SEED } = process.env;
const count = Number(SIMULATIONS ?? 125);
const first = Number(SIMULATION_SEED ?? 1);
const TIME_MS = 15_000;

function lmdbStore(directory: string): Store {
  let log: Log | undefined;
  return {
    async open() {
      log = await openLmdbLog({ directory });
      return log;
    },
    async close() {
      await log?.close();
    },
  };
}

if (SIMULATIONS !== undefined) t.setTimeout(0);

t.test('[DU2] [SC2] [RS2] histories that failed once no longer do', async (t) => {
  t.setTimeout(SIMULATIONS === undefined ? 550_000 : 0);
  const amidSnapshots: Awaited<ReturnType<typeof runHistory>>[] = [];
  for (const seed of seeds) amidSnapshots.push(await runHistory(seed));
  for (const seed of pipelinedSeeds) amidSnapshots.push(await runHistory(seed, { pipelines: true }));
  t.pass(`${amidSnapshots.length} histories`);
  const [appends, crashes] = (['appends', 'crashes'] as const).map((what) =>
    amidSnapshots.reduce((sum, one) => sum + one[what], 0),
  );
  t.ok(appends, 'some rooms are appended to while their state is stored');
  t.ok(crashes, 'and some processes die meanwhile');
});

t.test(
  '[RS5] [PR5] [DU1] the same with a log on disk, which is opened anew by each life of the server',
  async (t) => {
    for (let seed = 1; seed <= 10; seed++) {
      await runHistory(seed, { store: lmdbStore(`${t.testdir()}/${seed}`) });
    }
    t.pass('10 histories');
  },
);

t.test('[DU2] [SC2] [RS2] [SR3] [XO1] [SL6] after any history clients, server and log agree', async (t) => {
  t.setTimeout(SIMULATIONS === undefined ? 550_000 : 0);
  const begun = performance.now();
  let seed = first;
  for (; seed < first + count; seed++) {
    if (SIMULATIONS === undefined && performance.now() - begun > TIME_MS) break;
    await runHistory(seed);
    await runHistory(seed, { pipelines: true });
  }
  t.pass(`${seed - first} histories of either kind from seed ${first} on`);
});
