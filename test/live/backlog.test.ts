import t from 'tap';
import { Backlog } from '../../server/live/backlog.ts';
import { LogError } from '../../server/log/log.ts';
import { chat, leave } from '../room/entries.ts';

const away = new LogError('LOG_UNAVAILABLE', 'away');

/** What has happened, in its order. */
function watched(backlog: Backlog) {
  const seen: string[] = [];
  return {
    seen,
    settled: (name: string) => void backlog.settled().then(() => seen.push(name)),
    prepared: (name: string) =>
      void backlog.prepared().then(
        () => seen.push(name),
        ({ code }: LogError) => seen.push(`${name}: ${code}`),
      ),
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
  t.same(backlog.failed(away), { entries: [chat('ada-1', 'm2')], error: away });
  await turn();
  t.same(seen, ['nothing', 'one', 'two'], 'what was refused waits no more');
});

t.test('what must not be lost is waited for until it is durable', async (t) => {
  const backlog = new Backlog();
  const { seen, settled, turn } = watched(backlog);
  for (const entry of [leave('ben-1'), chat('ada-1', 'm1')]) backlog.push(entry);
  settled('both');
  for (const code of ['LOG_UNAVAILABLE', 'LOG_UNCERTAIN', 'LOG_UNAVAILABLE'] as const) {
    backlog.take();
    backlog.failed(new LogError(code, 'away'));
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

t.test('what is refused behind what is kept makes nobody wait less for that', async (t) => {
  const backlog = new Backlog();
  const { seen, settled, turn } = watched(backlog);
  backlog.push(leave('ben-1'));
  settled('the leave');
  for (const text of ['m1', 'm2']) backlog.push(chat('ada-1', text));
  settled('all');
  backlog.take();
  backlog.failed(away);
  await turn();
  t.same(seen, []);
  backlog.take();
  backlog.appended();
  await turn();
  t.same(seen, ['the leave', 'all']);
});

t.test('what comes before all else is waited for, too, and alone by those who want no more', async (t) => {
  const backlog = new Backlog();
  const { seen, settled, prepared, turn } = watched(backlog);
  backlog.push(chat('ada-1', 'm1'));
  settled('all');
  backlog.prepare([leave('ben-1')]);
  prepared('first attempt');
  t.same(backlog.take().entries, [leave('ben-1')]);
  backlog.failed(away);
  await turn();
  t.same(seen, ['first attempt: LOG_UNAVAILABLE']);
  prepared('second attempt');
  backlog.take();
  backlog.appended();
  await turn();
  t.same(seen.slice(1), ['all', 'second attempt']);
  prepared('later');
  await turn();
  t.equal(seen.at(-1), 'later');
});

t.test('what the log gave no answer to is tried again as it is, unless it is heard of', async (t) => {
  const backlog = new Backlog();
  for (const entry of [leave('ben-1'), chat('ada-1', 'm1')]) backlog.push(entry);
  const first = backlog.take();
  const { entries, error } = backlog.failed(new LogError('LOG_UNCERTAIN', 'no answer'));
  t.same(entries, [chat('ada-1', 'm1')], 'behind it nothing waits in vain');
  t.match(error, { code: 'LOG_UNAVAILABLE' }, 'nor was it sent');
  t.equal(backlog.take().texts, first.texts);
  t.same(backlog.failed(away).entries, [], 'nobody is told twice');
  backlog.push(chat('ada-1', 'm2'));
  backlog.take();
  t.same(backlog.failed(away).entries, [chat('ada-1', 'm2')], 'nor does what comes later');
  backlog.stored(['another']);
  t.equal(backlog.waiting, 1);
  backlog.stored(first.texts);
  t.equal(backlog.waiting, 0);
});

t.test('what goes into another log goes there in its order, but what was refused', async (t) => {
  const backlog = new Backlog();
  for (const entry of [leave('ben-1'), chat('ada-1', 'm1')]) backlog.push(entry);
  backlog.take();
  backlog.failed(new LogError('LOG_UNCERTAIN', 'no answer'));
  backlog.push(chat('ada-1', 'm2'));
  backlog.take();
  backlog.putBack();
  t.same(backlog.clear(), [leave('ben-1'), chat('ada-1', 'm2')]);
  t.equal(backlog.waiting, 0);
});
