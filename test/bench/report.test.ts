import t from 'tap';
import { chartOf } from '../../bench/report/chart.ts';
import { figures } from '../../bench/report/figures.ts';
import { spreadOf, summaryOf } from '../../bench/report/summary.ts';
import { doubtsOf, tableOf } from '../../bench/report/table.ts';
import { workloads } from '../../bench/workloads/all.ts';
import { failedRun, type Run } from '../../bench/workloads/run.ts';

const row = (name: string) => ({ name, run: () => Promise.reject(new Error('is not run here')) });
const run = (cpuPerDelivery: number, doubts: string[] = []): Run => ({
  figures: { cpuPerDelivery, p99: 2 },
  doubts,
});
const compared = {
  title: 'Two <servers>',
  rows: [row('Tandem'), row('other')],
  against: 'other',
  by: 'cpuPerDelivery',
};
/** A machine that is half as fast in the second round. */
const summary = summaryOf('cameras', compared, [
  [run(1), run(4)],
  [run(2), run(8)],
  [run(1.5), run(3, ['the load was busy 99 % of the time'])],
]);

t.test(
  'ratios are taken within a round, so that a slow round does not count for one of the two',
  async (t) => {
    t.same(summary.rows[0]?.ratio, { median: 0.25, least: 0.25, most: 0.5 });
    t.same(summary.rows[1]?.ratio, { median: 1, least: 1, most: 1 });
    t.same(summary.rows[0]?.figures.cpuPerDelivery, { median: 1.5, least: 1, most: 2 });
  },
);

t.test('the median of an even count lies between the two in the middle', async (t) => {
  t.equal(spreadOf([4, 1, 3, 2]).median, 2.5);
  t.equal(spreadOf([7]).median, 7);
});

t.test('a table shows medians with their spread, and what may not be believed', async (t) => {
  const lines = tableOf(summary).split('\n');
  t.match(lines[0], /µs CPU each, over other .* µs CPU each .* p99 ms/);
  t.match(lines[2], /\| Tandem +\| +0\.25 \(0\.25–0\.50\) \| +1\.50 \(1\.00–2\.00\) \| +2\.0 \|/);
  t.equal(new Set(lines.map((line) => line.length)).size, 1, 'it is aligned');
  t.same(doubtsOf(summary), ['other: the load was busy 99 % of the time.']);
});

t.test('a run that failed is told, and takes nothing away from the others', async (t) => {
  const failed = failedRun(new Error('other ended with 3'));
  const once = summaryOf('cameras', compared, [
    [run(1), failed],
    [run(2), run(8)],
  ]);
  t.same(once.rows[0]?.ratio, { median: 0.25, least: 0.25, most: 0.25 });
  t.same(once.rows[1]?.figures.cpuPerDelivery, { median: 8, least: 8, most: 8 });
  t.same(doubtsOf(once), ['other: it was not measured (other ended with 3).']);
  const never = summaryOf('cameras', compared, [[run(1), failed]]);
  t.match(tableOf(never), /\| Tandem +\| +\| +1\.00 \|.*\n\| other +\| +\| +\| +\|$/);
  t.notMatch(chartOf(never), /NaN|undefined/);
});

t.test('a chart is an SVG document with a bar for each row', async (t) => {
  const chart = chartOf(summary);
  t.match(chart, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  t.equal(chart.match(/<rect /g)?.length, 2);
  t.match(chart, /Two &#60;servers&#62;/);
  t.notMatch(chart, /NaN|undefined/);
  t.match(chart, /µs CPU each: less is better/);
  t.match(chartOf({ ...summary, by: 'deliveriesPerCpuSecond' }), /busiest: more is better/);
});

t.test('Tandem’s own bars have a colour of their own, whatever their rows are called', async (t) => {
  const nodes = { ...compared, rows: [{ ...row('two nodes'), isOwn: true }, row('other')] };
  const chart = chartOf(summaryOf('growth', nodes, [[run(1), run(4)]]));
  const kinds = chart.match(/(?<=<rect class=")\w+/g);
  t.same(kinds, ['own', 'other']);
  for (const { cases } of workloads) {
    for (const { rows, title } of cases) {
      for (const { name, isOwn = false } of rows) {
        const isOther = /^(Socket\.IO|loop on ws|bare µWS)/.test(name);
        t.equal(isOwn, !isOther, `${title}: ${name}`);
      }
    }
  }
});

t.test('every figure has a name and a form', async (t) => {
  for (const [name, { label, text }] of Object.entries(figures)) {
    t.ok(label.length > 0, name);
    t.match(text(1234.5), /\d/, name);
  }
});
