import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import type { CaseSummary } from '../../bench/report/summary.ts';
import { plain } from '../e2e/plain-process.ts';
import { built } from '../support/program.ts';

t.setTimeout(550_000);

t.test('the quick form of the bench runs from its beginning to its end', async (t) => {
  const { stdout } = await quick('--json', '--seconds', '1');
  const { cases, machine, versions, commit } = JSON.parse(stdout) as { cases: CaseSummary[] } & Record<
    string,
    string
  >;
  for (const fact of [machine, versions, commit]) t.type(fact, 'string');
  t.same([...new Set(cases.map((one) => one.workload))], ['cameras', 'editing', 'arrivals']);
  t.equal(cases.at(-1)?.title, '500 connections into 25 rooms, and back', 'titles say what was measured');
  for (const { title, rows, against, by } of cases) {
    t.ok(
      rows.some(({ name }) => name === against),
      `${title}: who the others are compared with is there`,
    );
    for (const { name, figures, ratio } of rows) {
      t.ok((figures[by]?.median ?? 0) > 0, `${title}, ${name}: ${by}`);
      t.ok((ratio?.median ?? 0) > 0, `${title}, ${name}: ratio`);
    }
  }
});

function quick(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const [command, ...rest] = plain([process.execPath, built('bench/main.ts'), '--quick', ...args]);
  return promisify(execFile)(command, rest, { maxBuffer: 2 ** 24 });
}

/** What the bench says to arguments that it does not take. */
async function refusal(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return quick(...args).then(
    (result) => ({ code: 0, ...result }),
    (error) => error,
  );
}

t.test('a number that is none is refused before anything is measured', async (t) => {
  for (const [option, given] of [
    ['--rounds', 'x'],
    ['--rounds', '0'],
    ['--seconds', '-1'],
  ] as const) {
    const { code, stdout, stderr } = await refusal('--json', option, given);
    t.match(
      stderr,
      `'${option} <count>' argument '${given}' is invalid. Expected a whole number of 1 or more.`,
    );
    t.same([code, stdout], [1, '']);
  }
});

t.test('the quick form says of which workload it has nothing', async (t) => {
  const { code, stdout, stderr } = await refusal('--only', 'cameras', 'idle');
  t.same([code, stdout, stderr], [1, '', 'error: --quick has nothing of the workload idle\n']);
});
