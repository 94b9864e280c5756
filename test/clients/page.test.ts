import fc from 'fast-check';
import { type as ot } from 'ot-text-unicode';
import t from 'tap';
import { apply, leading } from '../../clients/client/text/edits.ts';
import { inField, inText, onText } from '../../clients/page/demo/line-ends.ts';
import { fetchOver } from '../../clients/page/demo/line-fetch.ts';
import { movedBy } from '../../clients/page/demo/moved-by.ts';
import { readableOn } from '../../clients/page/demo/readable-on.ts';
import { byLabel, samplesIn, sumOf } from '../../clients/page/inspector/metrics.ts';
import type { TextOperation } from '../../protocol/index.ts';

t.test('a caret stays where it is in the text, whatever others change around it', async (t) => {
  const cases: [before: string, operation: TextOperation, from: number, to: number][] = [
    ['hello', ['ab'], 2, 4],
    ['hello', [3, 'ab'], 2, 2],
    ['hello', [2, 'ab'], 2, 2],
    ['hello', [{ d: 2 }], 4, 2],
    ['hello', [1, { d: 3 }], 2, 1],
    ['hello', [{ d: 1 }, 2, 'xyz'], 4, 6],
    ['😀hello', [1, { d: 2 }], 5, 3],
    ['a😀b', [{ d: 2 }, '😀'], 4, 3],
  ];
  for (const [before, operation, from, to] of cases) {
    t.equal(movedBy(operation, before, from), to, JSON.stringify([before, operation, from]));
  }
});

t.test('what stands before a caret at the end, and after one at the beginning, is all there is', async () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 8 });
  fc.assert(
    fc.property(texts, texts, texts, texts, (head, removed, inserted, tail) => {
      const before = head + removed + tail;
      const length = (text: string) => [...text].length;
      const parts = [length(head), inserted, { d: length(removed) }];
      const operation = ot.normalize(parts as never) as TextOperation;
      const after = ot.apply(before, operation);
      const end = movedBy(operation, before, before.length);
      // An insertion at the very end is behind the caret.
      const isBehind = removed === '' && tail === '';
      return end === after.length - (isBehind ? inserted.length : 0) && movedBy(operation, before, 0) === 0;
    }),
  );
});

t.test('what is written in a field leaves the ends of lines in the text as they are', async () => {
  const pieces = (...of: string[]) => fc.array(fc.constantFrom(...of), { maxLength: 12 });
  const texts = pieces('\r\n', '\n', 'a', 'b', '😀').map((all) => all.join(''));
  const values = pieces('\n', 'a', 'b', '😀').map((all) => all.join(''));
  fc.assert(
    fc.property(texts, values, texts, (text, value, rest) => {
      const tail = `|${rest}`;
      const [before, shown] = [text + tail, value + inField(tail)];
      const after = apply(before, onText(before, leading(inField(before), shown)));
      const isWhereItWas = inText(before, inField(text).length) === text.length;
      return inField(after) === shown && after.endsWith(tail) && isWhereItWas;
    }),
  );
});

t.test('whatever colour somebody has, what stands on it has a contrast of 4.5 at least', async () => {
  const share = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (color: string) => {
    const [red, green, blue] = (color.match(/[0-9a-f]{2}/g) ?? []).map((two) =>
      share(Number.parseInt(two, 16) / 255),
    );
    return 0.2126 * Number(red) + 0.7152 * Number(green) + 0.0722 * Number(blue);
  };
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffff }), (number) => {
      const color = `#${number.toString(16).padStart(6, '0')}`;
      const [less = 0, more = 0] = [luminance(color), luminance(readableOn(color))].sort((a, b) => a - b);
      return (more + 0.05) / (less + 0.05) >= 4.5;
    }),
  );
});

t.test('figures are read from what Prometheus reads', async (t) => {
  const samples = samplesIn(`# HELP tandem_errors_total Messages that were refused
# TYPE tandem_errors_total counter
tandem_errors_total{code="CONFLICT"} 3
tandem_errors_total{code="NOT_JSON"} 2
tandem_connections{transport="websocket",dialect="native \\"x\\""} 7
tandem_rooms 1.5e+1
`);
  t.equal(sumOf(samples, 'tandem_errors_total'), 5);
  t.equal(sumOf(samples, 'tandem_rooms'), 15);
  t.equal(sumOf(samples, 'tandem_nothing'), 0);
  t.same(
    [...byLabel(samples, 'tandem_errors_total', 'code')],
    [
      ['CONFLICT', 3],
      ['NOT_JSON', 2],
    ],
  );
  t.match(samples[2], { labels: { transport: 'websocket' }, value: 7 });
});

t.test('of a stream that was given up, the line keeps nothing', async (t) => {
  const { fetch } = globalThis;
  t.teardown(() => Object.assign(globalThis, { fetch }));
  const headers = { 'content-type': 'text/event-stream' };
  globalThis.fetch = async () => new Response(new ReadableStream(), { headers });
  const open = new Set<() => void>();
  const line = { isCut: false, isSlow: false, sent: 0, received: 0 };
  const reading = new AbortController();
  await fetchOver(line, open, 400)('http://localhost/ws/events', { signal: reading.signal });
  t.equal(open.size, 1, 'it can be cut');
  reading.abort();
  t.equal(open.size, 0);
});
