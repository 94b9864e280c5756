import t from 'tap';
import { takeBatch } from '../../server/live/append-batch.ts';
import type { Entry } from '../../server/room/entry.ts';

const messages = (count: number, text: string): Entry[] =>
  Array.from({ length: count }, (_, index) => ({
    type: 'message',
    at: 0,
    by: { connection: 'c', userId: 'u' },
    id: String(index),
    text,
    kind: 'text',
  }));

/** Batches until nothing is left. */
function batchesOf(queue: Entry[]): ReturnType<typeof takeBatch>[] {
  const batches: ReturnType<typeof takeBatch>[] = [];
  while (queue.length > 0) batches.push(takeBatch(queue));
  return batches;
}

t.test('what waits goes to the log in its order, in parts that nobody waits long for', async (t) => {
  const waiting = messages(100, 'x'.repeat(60_000));
  const batches = batchesOf([...waiting]);
  t.same(
    batches.flatMap(({ entries }) => entries),
    waiting,
  );
  for (const { entries, texts } of batches) {
    t.same(
      texts,
      entries.map((entry) => JSON.stringify(entry)),
    );
    t.ok(texts.join('').length < 1_200_000, 'a mebibyte, and the rest of the last one');
  }
  t.ok(batches.length < 8, 'and not in more than needed');
});

t.test('small ones go a thousand at a time, and one that is larger alone', async (t) => {
  t.same(
    batchesOf(messages(2500, 'hi')).map(({ entries }) => entries.length),
    [1000, 1000, 500],
  );
  t.equal(takeBatch(messages(2, 'x'.repeat(2_000_000))).entries.length, 1);
});

t.test('what must not be lost goes in parts of its own: the rest may be refused without it', async (t) => {
  const [first, second, third] = messages(3, 'x') as [Entry, Entry, Entry];
  const leave: Entry = { type: 'leave', at: 0, by: { connection: 'c', userId: 'u' }, reason: 'left' };
  t.same(
    batchesOf([first, second, leave, leave, third]).map(({ entries }) => entries),
    [[first, second], [leave, leave], [third]],
  );
});
