import t from 'tap';
import { Flushes } from '../../server/fanout/flushes.ts';

t.test('a room in which people come and go remembers so many flushes, whatever it keeps', async (t) => {
  const flushes = Flushes.from({ version: 0, offset: 1 });
  const flush = (offset: number) => {
    flushes.begin();
    flushes.end({ version: 0, offset }, 0);
    return flushes.number;
  };
  const first = flush(2);
  t.equal(flushes.leadingTo(2), first);
  for (let offset = 3; offset <= 5000; offset++) flush(offset);
  t.equal(flushes.leadingTo(2), undefined);
  t.equal(flushes.placeAfter(first), undefined);
  t.match(flushes.placeAfter(flushes.number), { offset: 5000 });
});
