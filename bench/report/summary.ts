import type { Case, Run } from '../workloads/run.ts';

/** Median and spread of what was measured several times. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface RowSummary {
  readonly name: string;
  readonly isOwn: boolean;
  readonly figures: Readonly<Record<string, Spread>>;
  /** This row's figure over that of the row compared with, each within its round. */
  readonly ratio: Spread | undefined;
  readonly doubts: readonly string[];
}

export interface CaseSummary {
  readonly workload: string;
  readonly title: string;
  readonly against: string;
  readonly by: string;
  readonly rows: readonly RowSummary[];
}

/** @param rounds of each: the runs of the rows, in their order */
export function summaryOf(workload: string, one: Case, rounds: readonly (readonly Run[])[]): CaseSummary {
  const { title, against, by } = one;
  const reference = one.rows.findIndex(({ name }) => name === against);
  const rows = one.rows.map(({ name, isOwn = false }, index) => {
    const runs = rounds.flatMap((round) => round[index] ?? []);
    const names = new Set(runs.flatMap((run) => Object.keys(run.figures)));
    // Of rounds in which both were measured.
    const ratios = rounds
      .map((round) => figureOf(round[index], by) / figureOf(round[reference], by))
      .filter((ratio) => !Number.isNaN(ratio));
    return {
      name,
      isOwn,
      figures: Object.fromEntries(
        [...names].map((figure) => [figure, spreadOf(runs.flatMap((run) => run.figures[figure] ?? []))]),
      ),
      ratio: ratios.length === 0 ? undefined : spreadOf(ratios),
      doubts: [...new Set(runs.flatMap(({ doubts }) => doubts))],
    };
  });
  return { workload, title, against, by, rows };
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
  return { median, least: sorted[0] ?? Number.NaN, most: sorted.at(-1) ?? Number.NaN };
}

function figureOf(run: Run | undefined, figure: string): number {
  return run?.figures[figure] ?? Number.NaN;
}
