import t from 'tap';
import type { Clock } from '../../server/clock.ts';
import { createTicker, type Flushable } from '../../server/fanout/ticker.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';

const TICK_MS = 16;

/** A manual clock that knows how many of its timers run. */
function countingClock(): { clock: ManualClock; running: () => number; started: () => number } {
  const inner = createManualClock();
  let running = 0;
  let started = 0;
  const after: Clock['after'] = (delayMs, action) => {
    running += 1;
    started += 1;
    let isOver = false;
    const end = () => {
      if (!isOver) running -= 1;
      isOver = true;
    };
    const cancel = inner.after(delayMs, () => {
      end();
      action();
    });
    return () => {
      end();
      cancel();
    };
  };
  return { clock: { ...inner, after }, running: () => running, started: () => started };
}

/** A room that has something to send as often as it is told. */
function room(clock: Clock): Flushable & { pending: number; flushes: number[] } {
  return {
    pending: 0,
    flushes: [],
    flush() {
      if (this.pending === 0) return false;
      this.pending = 0;
      this.flushes.push(clock.monotonic());
      return true;
    },
  };
}

t.test('[TK1] the first change in a quiet room goes at once', async (t) => {
  const { clock } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  one.pending = 1;
  ticker.request(one);
  t.strictSame(one.flushes, [0]);
});

t.test('[TK1] what follows within the tick goes together at its end', async (t) => {
  const { clock } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  for (let ms = 0; ms < 10; ms++) {
    one.pending += 1;
    ticker.request(one);
    clock.advance(1);
  }
  clock.advance(6);
  t.strictSame(one.flushes, [0, 16]);
});

t.test('[TK1] a room that never rests sends once in each tick', async (t) => {
  const { clock } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  for (let ms = 0; ms < 160; ms++) {
    one.pending += 1;
    ticker.request(one);
    clock.advance(1);
  }
  t.strictSame(one.flushes, [0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160]);
});

t.test('[TK1] an idle room has no timer', async (t) => {
  const { clock, running, started } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  ticker.request(one);
  t.equal(running(), 0, 'nothing was pending');
  one.pending = 1;
  ticker.request(one);
  t.equal(running(), 1);
  clock.advance(TICK_MS);
  t.equal(running(), 0);
  clock.advance(10_000);
  t.equal(started(), 1);
});

t.test('[TK1] one timer serves one busy room for as long as it is busy', async (t) => {
  const { clock, running, started } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  for (let tick = 0; tick < 100; tick++) {
    one.pending += 1;
    ticker.request(one);
    t.ok(running() <= 1, 'at most one timer runs');
    clock.advance(TICK_MS);
  }
  t.ok(started() <= 101, `${started()} timers for 100 ticks`);
});

t.test('[TK1] one timer serves many rooms, each in its own tick', async (t) => {
  const { clock, running } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const rooms = Array.from({ length: 10 }, () => room(clock));
  for (let ms = 0; ms < 500; ms++) {
    const one = rooms[ms % rooms.length] as ReturnType<typeof room>;
    one.pending += 1;
    ticker.request(one);
    if (running() > 1) {
      t.fail(`${running()} timers run`);
      return;
    }
    clock.advance(1);
  }
  clock.advance(TICK_MS * 2);
  for (const { flushes, pending } of rooms) {
    t.equal(pending, 0);
    const gaps = flushes.slice(1).map((at, index) => at - (flushes[index] as number));
    t.ok(
      gaps.every((gap) => gap >= TICK_MS),
      `gaps of ${gaps}`,
    );
  }
  t.equal(running(), 0);
});

t.test('[TK1] a tick lasts as long as it should where the clock has fractions', async (t) => {
  const { clock } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const [one, other] = [room(clock), room(clock)];
  one.pending = 1;
  ticker.request(one);
  clock.advance(0.4);
  other.pending = 1;
  ticker.request(other);
  one.pending = 1;
  other.pending = 1;
  ticker.request(one);
  ticker.request(other);
  clock.advance(40);
  t.equal(one.flushes[1], 16);
  const late = other.flushes[1] as number;
  t.ok(late >= 16.4 && late < 18, `${late}`);
});

t.test('a request during a tick that brings nothing keeps no timer alive for ever', async (t) => {
  const { clock, running } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  one.pending = 1;
  ticker.request(one);
  ticker.request(one);
  clock.advance(TICK_MS * 3);
  t.equal(running(), 0);
  t.equal(one.flushes.length, 1);
});

t.test('[CL2] closing sends what is pending and leaves no timer', async (t) => {
  const { clock, running } = countingClock();
  const ticker = createTicker(clock, TICK_MS);
  const one = room(clock);
  one.pending = 1;
  ticker.request(one);
  one.pending = 1;
  ticker.request(one);
  ticker.close();
  t.strictSame(one.flushes, [0, 0]);
  t.equal(running(), 0);
});
