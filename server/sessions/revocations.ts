import { FIRST_MS } from '../../protocol/http/tokens.ts';
import { isPlainObject, Refusal } from '../../protocol/index.ts';
import type { Clock } from '../clock.ts';
import type { Principal, User, VerifyToken } from '../dispatch/principal.ts';
import type { Revocation, Revoked } from '../dispatch/revocation.ts';
import type { DurableMap } from '../log/durable-map.ts';
import { ownName } from '../own-name.ts';
import type { Sessions } from './sessions.ts';

/** What is kept of a revocation: when it was, and until when it counts; neither is ever changed. */
export interface Kept {
  readonly at: number;
  readonly until?: number;
}

export interface RevocationsOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly kept: DurableMap<Kept>;
  /** Verifies without heeding revocations. */
  readonly verifyToken: VerifyToken;
  /** Undefined: nobody is connected yet. */
  sessions(): Sessions | undefined;
}

export const REVOCATIONS = ownName('revocations');

/** Beyond what clocks may differ by. */
const FORGET_LATER_MS = 60_000;
const SWEEP_MS = 60_000;
const NEVER = Number.POSITIVE_INFINITY;

/** Tokens that were taken back: whoever has one is sent away at once, and not let in again. */
export class Revocations {
  readonly #options: RevocationsOptions;
  #sweepAt = 0;

  constructor(options: RevocationsOptions) {
    this.#options = options;
  }

  /** Verifies, and rejects with TOKEN_REVOKED what was taken back, also what was verified before. */
  readonly verifyToken: VerifyToken = (token) => {
    const user = this.#options.verifyToken(token);
    return user instanceof Promise ? user.then((one) => this.#checked(one)) : this.#checked(user);
  };

  /**
   * Holds at once, also for those who are connected; resolves when it is durable. Rejects with a Refusal
   * (INVALID_FIELD, KEYS_UNAVAILABLE), or with a LogError: it then holds until what is kept is
   * read anew, as after a restart.
   */
  async revoke(what: Revocation): Promise<Revoked> {
    const { key, expiresAt } = await this.#read(what);
    // What has expired opens nothing.
    const { kept, clock } = this.#options;
    if (expiresAt !== undefined && expiresAt + FORGET_LATER_MS <= clock.now()) return { disconnected: 0 };
    // What was said before counts for at least as long as it was to.
    const before = kept.get(key);
    const until = Math.max(
      before === undefined ? 0 : (before.until ?? NEVER),
      (expiresAt ?? NEVER) + FORGET_LATER_MS,
    );
    // Also where this clock is behind the one that said it.
    const at = Math.max(before?.at ?? 0, clock.now());
    const stored = kept.set(key, { at, ...(until < NEVER ? { until } : {}) });
    const disconnected = this.#sendAway();
    await stored;
    return { disconnected };
  }

  /** Sends away who was let in before another node took the token back. */
  heed(): void {
    this.#sendAway();
  }

  isRevoked(principal: Principal): boolean {
    if (principal.kind !== 'user') return false;
    const { proof, userId } = principal;
    const { kept } = this.#options;
    const bySub = kept.get(`sub:${userId}`);
    if (bySub !== undefined && !isIssuedAfter(proof?.issuedAt, bySub.at)) return true;
    if (proof === undefined) return false;
    if (proof.jti !== undefined && kept.get(`jti:${proof.jti}`) !== undefined) return true;
    return kept.get(`token:${proof.fingerprint}`) !== undefined;
  }

  /** Forgets what no longer matters; to be called about once a second. */
  sweep(): void {
    const now = this.#options.clock.now();
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + SWEEP_MS;
    const { kept } = this.#options;
    for (const [key, { until }] of [...kept.entries()]) {
      // One that could not be forgotten now is forgotten after the next start.
      if (until !== undefined && until <= now) kept.delete(key).catch(() => {});
    }
  }

  close(): Promise<void> {
    return this.#options.kept.close();
  }

  #checked(user: User): User {
    if (this.isRevoked(user)) throw new Refusal('TOKEN_REVOKED');
    return user;
  }

  #sendAway(): number {
    const sessions = this.#options.sessions();
    let disconnected = 0;
    for (const session of [...(sessions?.all() ?? [])]) {
      if (!('principal' in session.phase) || !this.isRevoked(session.phase.principal)) continue;
      if (session.phase.kind === 'open') disconnected += 1;
      sessions?.close(session, 'TOKEN_REVOKED');
    }
    return disconnected;
  }

  async #read(what: unknown): Promise<{ key: string; expiresAt: number | undefined }> {
    if (!isPlainObject(what)) throw wrong('', 'an object');
    const { expiresAt } = what;
    const isTime = typeof expiresAt === 'number' && Number.isFinite(expiresAt) && expiresAt >= FIRST_MS;
    if (expiresAt !== undefined && !isTime) throw wrong('expiresAt', 'milliseconds since the Unix epoch');
    const [name, ...more] = (['jti', 'sub', 'token'] as const).filter((one) => what[one] !== undefined);
    if (name === undefined || more.length > 0) throw wrong('jti', 'one of jti, sub and token');
    const value = what[name];
    if (typeof value !== 'string' || value === '') throw wrong(name, 'some text');
    if (name !== 'token') return { key: `${name}:${value}`, expiresAt };
    const user = await this.#userOf(value);
    if (user === undefined) return { key: '', expiresAt: 0 };
    return { key: `token:${user.proof?.fingerprint}`, expiresAt: user.expiresAt };
  }

  /** Undefined: the token has expired. */
  async #userOf(token: string): Promise<User | undefined> {
    try {
      return await this.#options.verifyToken(token);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'TOKEN_EXPIRED') return undefined;
      if (error.code === 'TOKEN_INVALID') throw wrong('token', 'a token that can be verified');
      throw error;
    }
  }
}

/** Whole seconds, as most issuers write them: one of the same second may have been issued before. */
function isIssuedAfter(issuedAt: number | undefined, at: number): boolean {
  return issuedAt !== undefined && Math.floor(issuedAt / 1000) > Math.floor(at / 1000);
}

function wrong(path: string, expected: string): Refusal {
  return new Refusal('INVALID_FIELD', { path, expected });
}
