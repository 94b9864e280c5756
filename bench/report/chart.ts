import { figures } from './figures.ts';
import type { CaseSummary } from './summary.ts';

const WIDTH = 760;
const LEFT = 250;
const RIGHT = 110;
const TOP = 56;
const BAR = 22;
const GAP = 10;

/** Bars of one figure, with the spread of its repetitions, as an SVG document that suits light and dark pages. */
export function chartOf({ title, by, rows }: CaseSummary): string {
  const figure = figures[by];
  const most = Math.max(...rows.map((row) => row.figures[by]?.most ?? 0), Number.MIN_VALUE);
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const height = TOP + rows.length * (BAR + GAP) + 10;
  const bars = rows.flatMap(({ name, isOwn, figures: values }, index) => {
    const spread = values[by];
    if (spread === undefined) return [];
    const y = TOP + index * (BAR + GAP);
    const middle = y + BAR / 2;
    return [
      `<text class="name" x="${LEFT - 10}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${isOwn ? 'own' : 'other'}" x="${LEFT}" y="${y}" width="${fixed(x(spread.median) - LEFT)}" height="${BAR}" rx="3"/>`,
      `<path class="spread" d="M${fixed(x(spread.least))} ${middle}H${fixed(x(spread.most))}"/>`,
      `<text x="${fixed(x(spread.most) + 8)}" y="${middle + 4}">${escaped(figure?.text(spread.median) ?? '')}</text>`,
    ];
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(`${title}: ${figure?.label}`)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-weight: 600; font-size: 15px }
.own { fill: #2f6feb } .other { fill: #a8b1bd } .spread { stroke: #24292f; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .other { fill: #5b6673 } .spread { stroke: #e6edf3 } }
</style>
<text class="title" x="10" y="22">${escaped(title)}</text>
<text x="10" y="42">${escaped(figure?.label ?? by)}: ${figure?.isGain ? 'more' : 'less'} is better; the line shows the spread</text>
${bars.join('\n')}
</svg>
`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
