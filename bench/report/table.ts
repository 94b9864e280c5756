import { figures } from './figures.ts';
import type { CaseSummary, Spread } from './summary.ts';

/** A table in Markdown, aligned so that it can be read in a terminal, too. */
export function tableOf({ rows, by, against }: CaseSummary): string {
  const names = Object.keys(figures).filter((name) => rows.some((row) => name in row.figures));
  const head = [
    '',
    `${figures[by]?.label ?? by}, over ${against}`,
    ...names.map((name) => figures[name]?.label ?? name),
  ];
  const body = rows.map((row) => [
    row.name,
    row.ratio === undefined ? '' : ranged(row.ratio, (value) => value.toFixed(value < 0.1 ? 3 : 2)),
    ...names.map((name) => told(name, row.figures[name], name === by)),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(head), rule, ...body.map(line)].join('\n');
}

/** What may not be believed. */
export function doubtsOf({ rows }: CaseSummary): string[] {
  return rows.flatMap(({ name, doubts }) => doubts.map((doubt) => `${name}: ${doubt}.`));
}

function told(name: string, spread: Spread | undefined, withRange: boolean): string {
  const text = figures[name]?.text;
  if (spread === undefined || text === undefined) return '';
  if (Number.isNaN(spread.median)) return '–';
  return withRange ? ranged(spread, text) : text(spread.median);
}

function ranged({ median, least, most }: Spread, text: (value: number) => string): string {
  return least === most ? text(median) : `${text(median)} (${text(least)}–${text(most)})`;
}
