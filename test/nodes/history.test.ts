import t from 'tap';
import { noRedis } from '../support/redis.ts';
import { runHistory } from './history/run.ts';

/**
 * For longer runs: HISTORIES=20, one after the other, HISTORY_SEED=… the first one's (else one of now, and in a build
 * always the same), HISTORY_MS=60000 how long things go wrong in each, HISTORY_PAUSE_MS=700 between two faults, on
 * average.
 */
const BUILD_SEED = 468_609;
const { HISTORIES, HISTORY_SEED, HISTORY_MS, HISTORY_PAUSE_MS } = process.env;
const count = Number(HISTORIES ?? 1);
const first = Number(HISTORY_SEED ?? (HISTORIES === undefined ? BUILD_SEED : Date.now() % 1_000_000));
const options = { lastsMs: Number(HISTORY_MS ?? 40_000), pauseMs: Number(HISTORY_PAUSE_MS ?? 1500) };

t.setTimeout(HISTORIES === undefined ? 550_000 : 0);

for (let seed = first; seed < first + count; seed++) {
  t.test(
    `[ND1] [ND3] [ND4] [XO2] after whatever befell three nodes and Redis there is one truth, seed ${seed}`,
    { skip: noRedis },
    async (t) => {
      t.setTimeout(HISTORIES === undefined ? 550_000 : 0);
      const { problems, lines, summary } = await runHistory(t, seed, options);
      t.equal(problems.length, 0, `seed ${seed}: one order, one state, nothing lost or doubled`);
      for (const problem of problems.slice(0, 20)) t.fail(problem);
      if (problems.length > 0) for (const line of lines) t.comment(line);
      t.comment(`seed ${seed}: ${summary}`);
    },
  );
}
