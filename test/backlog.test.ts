import t from 'tap';
import { Backlog } from '../server/backlog.ts';
import { chat, leave } from './room/entries.ts';

/** What has happened, in its order. */
function watched(backlog: Backlog) {
  const seen: string[] = [];
  return {
    seen,
    settled: (name: string) => void backlog.settled().then(() => seen.push(name)),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

t.test('what was accepted before is waited for, and nothing of what comes after it', async (t) => {
  const backlog = new Backlog();
  const { seen, settled, turn } = watched(backlog);
  settled('nothing');
  await turn();
  backlog.push(chat('ada-1', 'm1'));
  settled('one');
  backlog.take();
  backlog.push(chat('ada-1', 'm2'));
  settled('two');
  await turn();
  t.same(seen, ['nothing']);
  backlog.appended();
  await turn();
  t.same(seen, ['nothing', 'one']);
  t.equal(backlog.waiting, 1);
  backlog.take();
  backlog.push(chat('ada-1', 'm3'));
  t.equal(backlog.failed().length, 1);
  await turn();
  t.same(seen, ['nothing', 'one', 'two'], 'what was refused waits no more');
});

t.test('what must not be lost is waited for until it is durable', async (t) => {
  const backlog = new Backlog();
  const { seen, settled, turn } = watched(backlog);
  for (const entry of [leave('ben-1'), chat('ada-1', 'm1')]) backlog.push(entry);
  settled('both');
  for (let times = 0; times < 2; times++) {
    backlog.take();
    backlog.failed();
    await turn();
    t.equal(backlog.waiting, 1);
    t.same(seen, []);
  }
  backlog.take();
  backlog.appended();
  await turn();
  t.same(seen, ['both']);
  t.equal(backlog.waiting, 0);
});
