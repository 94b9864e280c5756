import t from 'tap';
import { atOnce, createAppendBeat } from '../../server/live/append-beat.ts';
import { createManualClock } from '../support/manual-clock.ts';

const TICK_MS = 16;

function stage() {
  const clock = createManualClock();
  const beat = createAppendBeat(clock, TICK_MS);
  const called: string[] = [];
  return { clock, called, beat: (name: string) => beat(() => called.push(name)) };
}

t.test('after a quiet time an append goes at once, and those that follow go together', async (t) => {
  const { clock, called, beat } = stage();
  beat('a');
  t.same(called, ['a'], 'nobody waits for nothing');
  beat('b');
  clock.advance(10);
  beat('c');
  t.same(called, ['a'], 'in the rest of the tick none goes');
  clock.advance(6);
  t.same(called, ['a', 'b', 'c'], 'at its end all go, in the order in which they came');
  beat('d');
  t.same(called.length, 3, 'and another tick has begun');
  clock.advance(TICK_MS);
  t.equal(called.at(-1), 'd');
  clock.advance(TICK_MS);
  beat('e');
  t.equal(called.at(-1), 'e');
});

t.test('what is cancelled does not go, and holds up nobody', async (t) => {
  const { clock, called, beat } = stage();
  beat('a');
  beat('b')?.();
  beat('c');
  clock.advance(TICK_MS);
  t.same(called, ['a', 'c']);
  beat('d')?.();
  clock.advance(TICK_MS);
  beat('e');
  t.equal(called.at(-1), 'e', 'a tick in which none went is followed by none');
});

t.test('where appends cost nothing everything goes at once', async (t) => {
  const called: string[] = [];
  for (const name of ['a', 'b', 'c'])
    t.equal(
      atOnce(() => called.push(name)),
      undefined,
    );
  t.same(called, ['a', 'b', 'c']);
});

t.test('one that fails holds up nobody, and is told of', async (t) => {
  const clock = createManualClock();
  const called: string[] = [];
  const beat = createAppendBeat(clock, TICK_MS);
  beat(() => called.push('first'));
  beat(() => {
    throw new Error('a fault');
  });
  beat(() => called.push('behind it'));
  t.throws(() => clock.advance(TICK_MS), { message: 'a fault' });
  t.same(called, ['first', 'behind it']);
  beat(() => called.push('later'));
  clock.advance(TICK_MS);
  t.same(called, ['first', 'behind it', 'later']);
});
