import { Chart } from '../common/chart.ts';
import { element, part, say } from '../common/element.ts';
import { brief } from '../common/numbers.ts';
import { byLabel, type Sample, sumOf } from './metrics.ts';

/** A figure: what it is now or, of what only grows, in a second. */
interface Figure {
  readonly title: string;
  readonly name: string;
  readonly isRate?: true;
  /** More than none is worth a look. */
  readonly isAlarming?: true;
}

const figures: readonly Figure[] = [
  { title: 'Connections', name: 'tandem_connections' },
  { title: 'Members', name: 'tandem_members' },
  { title: 'Messages in/s', name: 'tandem_messages_received_total', isRate: true },
  { title: 'Messages out/s', name: 'tandem_messages_sent_total', isRate: true },
  { title: 'Entries logged/s', name: 'tandem_appended_entries_total', isRate: true },
  { title: 'Lagging', name: 'tandem_lagging_connections', isAlarming: true },
  { title: 'Errors/s', name: 'tandem_errors_total', isRate: true, isAlarming: true },
];

/** What the server as a whole does, with small charts. */
export class Figures {
  readonly #cards = figures.map((figure) => {
    const chart = new Chart(['in'], `${figure.title}, over the last minutes`, {
      least: figure.isRate ? 5 : 4,
    });
    const value = element('strong', {}, '–');
    const card = element('li', { 'data-figure': figure.title }, element('span', {}, figure.title), value);
    card.append(chart.svg);
    part('figures').append(card);
    return { figure, chart, value, card };
  });
  #earlier: { samples: readonly Sample[]; atMs: number } | undefined;

  /** Undefined: they cannot be had. */
  show(samples: readonly Sample[] | undefined, nowMs = performance.now()): void {
    const earlier = this.#earlier;
    this.#earlier = samples && { samples, atMs: nowMs };
    for (const { figure, chart, value, card } of this.#cards) {
      const now = samples && sumOf(samples, figure.name);
      const before = earlier && sumOf(earlier.samples, figure.name);
      const seconds = earlier === undefined ? 0 : (nowMs - earlier.atMs) / 1000;
      // A server that was started anew counts from none.
      const rate =
        now === undefined || before === undefined ? undefined : Math.max(0, now - before) / seconds;
      const shown = figure.isRate ? rate : now;
      say(value, brief(shown));
      card.classList.toggle('alarming', figure.isAlarming === true && (shown ?? 0) > 0);
      if (shown !== undefined) chart.push(shown);
    }
    this.#showErrors(samples ?? []);
    const none = 'None since the server was started.';
    say(part('no-errors'), samples === undefined ? 'The metrics cannot be read.' : none);
  }

  #showErrors(samples: readonly Sample[]): void {
    const codes = [...byLabel(samples, 'tandem_errors_total', 'code')].sort((a, b) => b[1] - a[1]);
    const most = Math.max(1, ...codes.map(([, count]) => count));
    const rows = codes.map(([code, count]) => {
      const bar = element('i');
      bar.style.setProperty('--share', String(count / most));
      return element(
        'li',
        { 'data-code': code },
        element('code', {}, code),
        bar,
        element('b', {}, brief(count)),
      );
    });
    part('errors').replaceChildren(...rows);
    part('no-errors').hidden = rows.length > 0;
  }
}
