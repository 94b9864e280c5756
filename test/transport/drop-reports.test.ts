import t from 'tap';
import type { Connection } from '../../server/transport/connection.ts';
import { createDropReports } from '../../server/transport/drop-reports.ts';

const frame = (text: string) => new TextEncoder().encode(text);
const connection = (id: string) => ({ id }) as Connection;
const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test('the first loss of a turn is reported after it', async (t) => {
  const seen: string[] = [];
  const reports = createDropReports(({ id }, bytes) => seen.push(`${id} ${new TextDecoder().decode(bytes)}`));
  const [a, b, c, d] = [connection('a'), connection('b'), connection('c'), connection('d')];
  reports.add(a, frame('1'));
  reports.add(a, frame('2'));
  for (const each of [b, c, d]) reports.add(each, frame('3'));
  reports.forget(b);
  reports.flush(c);
  reports.flush(c);
  t.same([a, b, c, d].map(reports.has), [true, false, false, true]);
  t.same(seen, ['c 3']);
  await Promise.resolve();
  t.same(seen, ['c 3'], 'not in a microtask');
  await turn();
  t.same(seen, ['c 3', 'a 1', 'd 3']);
  reports.add(a, frame('4'));
  await turn();
  t.same(seen.at(-1), 'a 4');
});

t.test('a report may cause, flush or forget others', async (t) => {
  const [a, b] = [connection('a'), connection('b')];
  const seen: string[] = [];
  const reports = createDropReports(({ id }) => {
    seen.push(id);
    if (seen.length === 1) {
      reports.forget(b);
      reports.add(a, frame('again'));
    }
  });
  reports.add(a, frame('1'));
  reports.add(b, frame('1'));
  await turn();
  await turn();
  t.same(seen, ['a', 'a']);
});
