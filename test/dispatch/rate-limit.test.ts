import fc from 'fast-check';
import t from 'tap';
import { createBucket, createLimiter, type Rate, take } from '../../server/dispatch/rate-limit.ts';

const rates = {
  commands: { count: 60, windowMs: 10_000, burst: 60 },
  stream: { count: 60, windowMs: 1000, burst: 120 },
};

const anyRate: fc.Arbitrary<Rate> = fc
  .record({ count: fc.integer({ min: 1, max: 500 }), windowMs: fc.integer({ min: 1, max: 60_000 }) })
  .chain(({ count, windowMs }) =>
    fc.integer({ min: 1, max: 3 }).map((factor) => ({ count, windowMs, burst: count * factor })),
  );

const anyStep = fc.record({
  waitMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2000, noNaN: true })),
  cost: fc.integer({ min: 1, max: 100 }),
});

t.test('never admits more than the burst and the rate times the time', async () => {
  fc.assert(
    fc.property(anyRate, fc.array(anyStep, { maxLength: 200 }), (rate, steps) => {
      const bucket = createBucket(rate, 0);
      let nowMs = 0;
      let admitted = 0;
      for (const { waitMs, cost } of steps) {
        nowMs += waitMs;
        const fitting = Math.min(cost, rate.burst);
        if (take(bucket, fitting, nowMs) === 0) admitted += fitting;
        if (admitted > rate.burst + (nowMs * rate.count) / rate.windowMs + 0.001) return false;
      }
      return true;
    }),
  );
});

t.test('what is refused passes after the time that was named, and not much earlier', async () => {
  fc.assert(
    fc.property(anyRate, fc.array(anyStep, { minLength: 1, maxLength: 50 }), (rate, steps) => {
      const bucket = createBucket(rate, 0);
      let nowMs = 0;
      for (const { waitMs, cost } of steps) {
        nowMs += waitMs;
        const retryAfterMs = take(bucket, cost, nowMs);
        if (retryAfterMs === 0) continue;
        if (retryAfterMs > 2 && take({ ...bucket }, cost, nowMs + retryAfterMs - 2) === 0) return false;
        if (take({ ...bucket }, cost, nowMs + retryAfterMs) !== 0) return false;
      }
      return true;
    }),
  );
});

t.test('what costs more than the bucket holds waits for a full bucket and leaves a debt', async (t) => {
  const bucket = createBucket({ count: 10, windowMs: 1000, burst: 10 }, 0);
  t.equal(take(bucket, 25, 0), 0);
  t.equal(take(bucket, 1, 0), 1600);
  t.equal(take(bucket, 25, 1600), 900);
  t.equal(take(bucket, 25, 2500), 0);
});

t.test('a clock that stands still or goes back gives no tokens', async (t) => {
  const bucket = createBucket({ count: 1, windowMs: 1000, burst: 1 }, 5000);
  t.equal(take(bucket, 1, 5000), 0);
  t.equal(take(bucket, 1, 4000), 1000);
  t.equal(take(bucket, 1, 5000), 1000);
  t.equal(take(bucket, 1, 6000), 0);
});

t.test('sixty commands pass, the next one is told when to come back', async (t) => {
  const limiter = createLimiter(rates, 0);
  const seen = Array.from({ length: 60 }, () => limiter.admit('commands', 1, 0));
  t.same(new Set(seen), new Set(['ok']));
  t.equal(limiter.admit('commands', 1, 0), 'limited-tell');
  t.equal(limiter.retryAfterMs, 167);
  t.equal(limiter.admit('stream', 1, 0), 'ok', 'the other bucket is not touched');
  t.equal(limiter.retryAfterMs, 0);
  t.equal(limiter.admit('commands', 1, 167), 'ok');
});

t.test('is told at most once a second, for both buckets together', async (t) => {
  const limiter = createLimiter(rates, 0);
  t.equal(limiter.admit('commands', 60, 0), 'ok');
  t.equal(limiter.admit('stream', 120, 0), 'ok');
  t.equal(limiter.admit('commands', 60, 0), 'limited-tell');
  t.equal(limiter.admit('commands', 60, 999), 'limited-silent');
  t.equal(limiter.admit('stream', 120, 999), 'limited-silent');
  t.equal(limiter.admit('commands', 60, 1000), 'limited-tell');
});

t.test('who waits for the answer is told each time, and takes nobody else’s turn', async (t) => {
  const limiter = createLimiter(rates, 0);
  t.equal(limiter.admit('commands', 60, 0, true), 'ok');
  t.equal(limiter.admit('commands', 60, 0, true), 'limited-tell');
  t.equal(limiter.admit('commands', 60, 1, true), 'limited-tell');
  t.equal(limiter.admit('commands', 60, 1), 'limited-tell');
  t.equal(limiter.admit('commands', 60, 2), 'limited-silent');
});

t.test('ten times the count within a window is a flood', async (t) => {
  const limiter = createLimiter(rates, 0);
  const seen = Array.from({ length: 601 }, () => limiter.admit('commands', 1, 0));
  t.equal(seen.indexOf('flood'), 600);
});

t.test('the same number over two windows is none', async (t) => {
  const limiter = createLimiter(rates, 0);
  const seen = Array.from({ length: 1000 }, (_, count) => {
    return limiter.admit('commands', 1, count < 500 ? 0 : 10_000);
  });
  t.notOk(seen.includes('flood'));
});

t.test('a large paste is refused and is no flood', async (t) => {
  const limiter = createLimiter(rates, 0);
  const seen = Array.from({ length: 50 }, () => limiter.admit('stream', 100, 0));
  t.same(new Set(seen), new Set(['ok', 'limited-tell', 'limited-silent']));
});

t.test('nor is one that is let through and costs more than ten times the count', async (t) => {
  const limiter = createLimiter(rates, 0);
  t.equal(limiter.admit('stream', 700, 0), 'ok');
  t.equal(limiter.admit('stream', 1, 0), 'limited-tell');
});
