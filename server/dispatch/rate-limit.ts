/** So much in so long, and how much of it may come at once. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
  readonly burst: number;
}

/** The state of a token bucket: changed in place, so that a message costs no allocation. */
export interface Bucket {
  readonly rate: Rate;
  tokens: number;
  filledAtMs: number;
}

/** Sums of fractions of tokens are off by about this much. */
const EPSILON = 1e-6;

/** A full bucket. */
export function createBucket(rate: Rate, nowMs: number): Bucket {
  return { rate, tokens: rate.burst, filledAtMs: nowMs };
}

/**
 * Takes `cost` tokens, or none. What costs more than the bucket holds passes when the bucket is full and
 * leaves a debt, so that it is slow but not impossible.
 *
 * @param nowMs monotonic milliseconds
 * @returns 0, or the milliseconds after which the same will pass
 */
export function take(bucket: Bucket, cost: number, nowMs: number): number {
  const waitMs = waitFor(bucket, cost, nowMs);
  if (waitMs === 0) bucket.tokens -= cost;
  return waitMs;
}

/** Fills the bucket up, and takes nothing. @returns as `take` does */
function waitFor(bucket: Bucket, cost: number, nowMs: number): number {
  const { burst, count, windowMs } = bucket.rate;
  const perMs = count / windowMs;
  const elapsedMs = nowMs - bucket.filledAtMs;
  if (elapsedMs > 0) {
    bucket.tokens = Math.min(burst, bucket.tokens + elapsedMs * perMs);
    bucket.filledAtMs = nowMs;
  }
  const missing = Math.min(cost, burst) - bucket.tokens;
  return missing > EPSILON ? Math.max(1, Math.ceil(missing / perMs)) : 0;
}

/** Commands; signals and operations. */
export type BucketName = 'commands' | 'stream';

/** `limited-tell`: refuse and say so; `limited-silent`: refuse; `flood`: close the connection (FLOOD). */
export type Admission = 'ok' | 'limited-tell' | 'limited-silent' | 'flood';

export interface Limiter {
  /** Decides on one message. `nowMs`: monotonic milliseconds; `isAwaited`: its refusal is told in any case. */
  admit(name: BucketName, cost: number, nowMs: number, isAwaited?: boolean): Admission;
  /** Counts what is refused for another reason, which no rate would let through. */
  refuse(name: BucketName, cost: number, nowMs: number, isAwaited?: boolean): Exclude<Admission, 'ok'>;
  /** After a refusal: when the rate would let the same through, at least 1. */
  readonly retryAfterMs: number;
}

/** RATE_LIMITED is told at most this often to who does not wait for it. */
const TELL_EVERY_MS = 1000;
/** So many times the count within its window is a flood. */
export const FLOOD_FACTOR = 10;

/** A bucket, and what it has seen since its window began. */
interface Meter extends Bucket {
  windowStartMs: number;
  seen: number;
}

function createMeter(rate: Rate, nowMs: number): Meter {
  return { rate, tokens: rate.burst, filledAtMs: nowMs, windowStartMs: nowMs, seen: 0 };
}

/** A class, not closures: there is one per connection. */
class ConnectionLimiter implements Limiter {
  retryAfterMs = 0;
  readonly #commands: Meter;
  /** Who only listens never needs it. */
  #stream: Meter | undefined;
  readonly #rates: Readonly<Record<BucketName, Rate>>;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(rates: Readonly<Record<BucketName, Rate>>, nowMs: number) {
    this.#rates = rates;
    this.#commands = createMeter(rates.commands, nowMs);
  }

  admit(name: BucketName, cost: number, nowMs: number, isAwaited = false): Admission {
    const meter = this.#meter(name, nowMs);
    if (take(meter, cost, nowMs) > 0) return this.refuse(name, cost, nowMs, isAwaited);
    this.retryAfterMs = 0;
    // As `take`: no single one is a flood.
    meter.seen += Math.min(cost, meter.rate.burst);
    return 'ok';
  }

  refuse(name: BucketName, cost: number, nowMs: number, isAwaited = false): Exclude<Admission, 'ok'> {
    const meter = this.#meter(name, nowMs);
    this.retryAfterMs = Math.max(1, waitFor(meter, cost, nowMs));
    // What is refused counts as one, whatever it would have cost: a large paste is not a flood.
    meter.seen += 1;
    if (meter.seen > meter.rate.count * FLOOD_FACTOR) return 'flood';
    if (isAwaited) return 'limited-tell';
    if (nowMs - this.#toldAtMs < TELL_EVERY_MS) return 'limited-silent';
    this.#toldAtMs = nowMs;
    return 'limited-tell';
  }

  #streamMeter(nowMs: number): Meter {
    this.#stream ??= createMeter(this.#rates.stream, nowMs);
    return this.#stream;
  }

  #meter(name: BucketName, nowMs: number): Meter {
    const meter = name === 'commands' ? this.#commands : this.#streamMeter(nowMs);
    if (nowMs - meter.windowStartMs >= meter.rate.windowMs) {
      meter.windowStartMs = nowMs;
      meter.seen = 0;
    }
    return meter;
  }
}

/** The limiter of one connection. `nowMs`: monotonic milliseconds. */
export function createLimiter(rates: Readonly<Record<BucketName, Rate>>, nowMs: number): Limiter {
  return new ConnectionLimiter(rates, nowMs);
}
