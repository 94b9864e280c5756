const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 100;

/** A small live chart of the latest values: one area for each series, on one scale. */
export class Chart {
  readonly svg: SVGSVGElement;
  readonly #series: { line: SVGPathElement; area: SVGPathElement; values: number[] }[];
  readonly #length: number;
  readonly #least: number;

  /**
   * @param names of the series, which are their classes, too
   * @param options `length`: values that are shown; `least`: what the scale reaches at least
   */
  constructor(names: readonly string[], label: string, { length = 60, least = 10 } = {}) {
    this.#length = length;
    this.#least = least;
    this.svg = document.createElementNS(SVG, 'svg');
    this.svg.setAttribute('class', 'chart');
    this.svg.setAttribute('role', 'img');
    this.svg.setAttribute('aria-label', label);
    this.svg.setAttribute('viewBox', `0 0 ${length - 1} ${HEIGHT}`);
    this.svg.setAttribute('preserveAspectRatio', 'none');
    this.#series = names.map((name) => {
      const area = document.createElementNS(SVG, 'path');
      const line = document.createElementNS(SVG, 'path');
      area.setAttribute('class', `area ${name}`);
      line.setAttribute('class', `line ${name}`);
      this.svg.append(area, line);
      return { line, area, values: [] };
    });
  }

  /** The next value of each series. */
  push(...values: number[]): void {
    for (const [index, series] of this.#series.entries()) {
      series.values.push(values[index] ?? 0);
      if (series.values.length > this.#length) series.values.shift();
    }
    const most = Math.max(this.#least, ...this.#series.flatMap((series) => series.values));
    for (const { line, area, values: all } of this.#series) {
      const first = this.#length - all.length;
      const points = all.map((value, index) => `${first + index},${HEIGHT - (value / most) * (HEIGHT - 6)}`);
      line.setAttribute('d', `M${points.join('L')}`);
      area.setAttribute('d', `M${first},${HEIGHT}L${points.join('L')}L${this.#length - 1},${HEIGHT}Z`);
    }
  }
}
