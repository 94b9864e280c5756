/*
 * Compares Tandem with what people would use instead: see `npm run bench -- --help`.
 */
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { count } from '../server/commands/count.ts';
import { onEndSignal } from '../server/commands/signals.ts';
import { circumstances, writeResults } from './report/results.ts';
import { type CaseSummary, summaryOf } from './report/summary.ts';
import { doubtsOf, tableOf } from './report/table.ts';
import { cores, pinLoad } from './servers/cores.ts';
import { workloads } from './workloads/all.ts';
import { type Case, failedRun, possibleOf, type Run, type Scale } from './workloads/run.ts';

interface Options {
  quick: boolean;
  whole: boolean;
  only?: string[];
  json: boolean;
  rounds?: number;
  seconds?: number;
}

const command = new Command()
  .description('Compares Tandem with what people would use instead, in turns, under the same load.')
  .addOption(
    new Option('--only <names...>', 'of the workloads; changes no file').choices(
      workloads.map(({ name }) => name),
    ),
  )
  .option('--quick', 'a minute’s look at some of it, which changes no file', false)
  .option('--whole', 'all that can be measured, in three rounds: over an hour', false)
  .option('--json', 'prints JSON instead of tables, and changes no file', false)
  .option('--rounds <count>', 'how often each is measured (default: once; with --whole 3 times)', count)
  .option(
    '--seconds <count>',
    'how long each is measured (default: 3; with --quick 2); idle: heartbeats of 25, whole',
    count,
  )
  .parse();
const { quick, whole, only, json, rounds: asked, seconds } = command.opts<Options>();

const threads = Math.min(4, cores?.load.length ?? Math.max(1, availableParallelism() - 1));
const scale: Scale = {
  rounds: asked ?? (whole ? 3 : 1),
  // Until what is said again and again is compiled: a server that runs for days hardly compiles any more, and one
  // that has run for five seconds takes up to a quarter more CPU.
  warmUpMs: quick ? 1000 : 8000,
  measuredMs: 1000 * (seconds ?? (quick ? 2 : 3)),
  part: 1,
  threads,
};
const isWhole = !quick && (whole || only !== undefined);
const isWanted = ({ when }: Case) => {
  if (quick) return when === 'quick';
  return when === undefined || (when === 'whole' && isWhole);
};

if (process.platform !== 'linux')
  command.error('error: CPU and memory are read from /proc, which Linux alone has');
for (const { name, cases } of workloads) {
  if (only?.includes(name) && !cases.some(isWanted))
    command.error(`error: --quick has nothing of the workload ${name}`);
}

// With them go the servers, and what they have stored.
onEndSignal((signal) => process.exit(signal === 'SIGINT' ? 130 : 143));
pinLoad();
const around = circumstances();
const summaries: CaseSummary[] = [];
for (const { name, cases } of workloads) {
  if (only !== undefined && !only.includes(name)) continue;
  for (const found of cases.filter(isWanted)) {
    const { possible: one, leftOut } = possibleOf(isWhole ? found : mainOf(found));
    for (const word of leftOut) console.error(`${name}: ${word}.`);
    if (one === undefined) continue;
    const summary = summaryOf(name, one, await inTurns(name, one));
    summaries.push(summary);
    if (json) continue;
    print(summary);
    // After each: a run that is broken off leaves what it has.
    if (!quick && only === undefined) writeResults('bench', around, workloads, summaries);
  }
}
if (json) console.log(JSON.stringify({ ...around, cases: summaries }, null, 2));

function mainOf(one: Case): Case {
  const { rows, main } = one;
  return main === undefined ? one : { ...one, rows: rows.filter(({ name }) => main.includes(name)) };
}

/** A B C, A B C, …: what a machine does beside falls on all. */
async function inTurns(name: string, one: Case): Promise<Run[][]> {
  const all: Run[][] = [];
  for (let round = 1; round <= scale.rounds; round++) {
    const runs: Run[] = [];
    for (const row of one.rows) {
      progress(`${name}: ${one.title}, round ${round} of ${scale.rounds}: ${row.name}`);
      runs.push(
        await row.run(scale).catch((error: Error) => {
          console.error(`${name}: ${one.title}: ${row.name}: ${error.message}`);
          process.exitCode = 1;
          return failedRun(error);
        }),
      );
    }
    all.push(runs);
  }
  progress('');
  return all;
}

function print(summary: CaseSummary): void {
  console.log(`\n${summary.title}\n\n${tableOf(summary)}`);
  for (const doubt of doubtsOf(summary)) console.log(`\n${doubt}`);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}
