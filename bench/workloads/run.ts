/** What was measured of one server once, by name: see `report/figures.ts` for what each says. */
export interface Run {
  readonly figures: Readonly<Record<string, number>>;
  /** Why this run may not be believed; none if it may. */
  readonly doubts: readonly string[];
}

/** Where a server ended, for one: the others are measured all the same. */
export function failedRun(error: Error): Run {
  return { figures: {}, doubts: [`it was not measured (${error.message})`] };
}

/** How much is measured, and how long. */
export interface Scale {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** Part of the connections and items of a workload that are made. */
  readonly part: number;
  /** Threads of load. */
  readonly threads: number;
}

/** A row of a table: one server under one load, which is measured in turns with the other rows of its case. */
export interface Row {
  readonly name: string;
  /** Whether it is Tandem that is measured, whatever the row is called. Default: another server. */
  readonly isOwn?: boolean | undefined;
  /** Why it cannot be measured here; undefined: it can. */
  readonly impossible?: string | undefined;
  run(scale: Scale): Promise<Run>;
}

/** What is compared within one table. */
export interface Case {
  readonly title: string;
  readonly rows: readonly Row[];
  /** The names of the rows that answer the main questions; all others are left to the whole form. Default: all. */
  readonly main?: readonly string[];
  /** The row that others are compared with. */
  readonly against: string;
  /** The figure in which they are. */
  readonly by: string;
  /** In which form of the bench it is measured: in a minute's look alone, or only in the whole of it. Default: in
   * all but the quick one. */
  readonly when?: 'quick' | 'whole';
}

/** A case with those of its rows that can be measured here, if they still compare, and what is left out, and why. */
export function possibleOf(one: Case): { possible: Case | undefined; leftOut: readonly string[] } {
  const { title, against } = one;
  const rows = one.rows.filter(({ impossible }) => impossible === undefined);
  const out = one.rows.filter(({ impossible }) => impossible !== undefined);
  const compares = rows.length > 1 && rows.some(({ name }) => name === against);
  if (out.length > 0 && !compares)
    return { possible: undefined, leftOut: [`${title} is left out: ${out[0]?.impossible}`] };
  const leftOut = out.map(({ name, impossible }) => `${title}: ${name} is left out: ${impossible}`);
  return { possible: { ...one, rows }, leftOut };
}

export interface Workload {
  readonly name: string;
  /** What it is, in a sentence or two. */
  readonly text: string;
  readonly cases: readonly Case[];
}
