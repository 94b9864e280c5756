import {
  createRemoteJWKSet,
  customFetch,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  errors as jose,
  jwtVerify,
} from 'jose';
import { Refusal } from '../../protocol/errors.ts';
import type { Clock } from '../clock.ts';
import { userOf } from './claims.ts';
import { createKeyFetch } from './key-fetch.ts';
import { jwksAlgorithms, type TokenKeys } from './keys.ts';
import type { User, VerifyToken } from './principal.ts';
import { proofOf } from './proof.ts';
import { verifyWithSecret } from './secret-verification.ts';
import { createTokenCache } from './token-cache.ts';

export interface VerifyTokenOptions {
  readonly keys: TokenKeys;
  /** Demanded of `iss` where given. */
  readonly issuer?: string | undefined;
  /** Demanded of `aud` where given. */
  readonly audience?: string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  /** Verified tokens that are remembered. Default 10,000. */
  readonly cacheSize?: number;
  /** JWKS: an unknown key leads to a new fetch at most this often (process time). Default 30 seconds. */
  readonly jwksCooldownMs?: number;
  /** JWKS: keys are fetched anew when they are older (process time). Default 10 minutes. */
  readonly jwksMaxAgeMs?: number;
  /** JWKS: told why keys could not be fetched, for the log; once of each fetch. */
  readonly fetchFailed?: (error: unknown) => void;
}

/** How far the clock of the issuer may be off, in `exp` and `nbf`. */
export const CLOCK_TOLERANCE_MS = 5000;
const JWKS_MAX_AGE_MS = 600_000;
/** After a fetch of keys that failed there is none for so long. */
const PAUSE_MS = 1000;

type Verify = (token: string, options: JWTVerifyOptions) => JWTPayload | Promise<JWTPayload>;

/**
 * Verifies tokens (JWT, RFC 7519): signature, `exp`, `nbf`, issuer, audience and the claims that name a user.
 *
 * A token that was verified before is answered synchronously until it expires, and under a secret any is; under
 * a JWKS, for no longer than the keys themselves are trusted, so that a key taken back ends its tokens.
 *
 * Rejects with a {@link Refusal}, whose message never holds the token: TOKEN_INVALID, TOKEN_EXPIRED, or
 * KEYS_UNAVAILABLE, which says nothing of the token. Refusals are not remembered.
 */
export function createVerifyToken(options: VerifyTokenOptions): VerifyToken {
  const { keys, issuer, audience, clock, jwksMaxAgeMs = JWKS_MAX_AGE_MS } = options;
  const verify = verifyWith(keys, options);
  const cache = createTokenCache(options.cacheSize ?? 10_000);
  const trustedMs = keys.kind === 'jwks' ? jwksMaxAgeMs : Number.POSITIVE_INFINITY;

  const checksAt = (nowMs: number): JWTVerifyOptions => ({
    currentDate: new Date(nowMs),
    clockTolerance: CLOCK_TOLERANCE_MS / 1000,
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  });

  function accept(token: string, claims: JWTPayload, nowMs: number): User {
    const user = userOf(claims, proofOf(token, claims));
    const expiresAt = user.expiresAt ?? Number.POSITIVE_INFINITY;
    cache.set(token, user, Math.min(expiresAt + CLOCK_TOLERANCE_MS, nowMs + trustedMs));
    return user;
  }

  async function rejectedAsRefusal(verified: Promise<User>): Promise<User> {
    try {
      return await verified;
    } catch (error) {
      throw refusalOf(error);
    }
  }

  return (token) => {
    const nowMs = clock.now();
    const known = cache.get(token, nowMs);
    if (known !== undefined) return known;
    try {
      const claims = verify(token, checksAt(nowMs));
      if (!(claims instanceof Promise)) return accept(token, claims, nowMs);
      return rejectedAsRefusal(claims.then((one) => accept(token, one, nowMs)));
    } catch (error) {
      return Promise.reject(refusalOf(error));
    }
  };
}

function verifyWith(keys: TokenKeys, options: VerifyTokenOptions): Verify {
  switch (keys.kind) {
    case 'secret':
      return verifyWithSecret(keys.secret);
    case 'public':
      return async (token, checks) =>
        (await jwtVerify(token, keys.key, { ...checks, algorithms: [...keys.algorithms] })).payload;
    case 'jwks':
      return verifyWithJwks(fetchedKeys(keys.url, options));
  }
}

function verifyWithJwks(findKey: JWTVerifyGetKey): Verify {
  return async (token, options) => {
    const checks = { ...options, algorithms: [...jwksAlgorithms] };
    try {
      return (await jwtVerify(token, findKey, checks)).payload;
    } catch (error) {
      if (!(error instanceof jose.JWKSMultipleMatchingKeys)) throw error;
      // A token without `kid` while keys are being rotated: one of those that fit has signed it.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, checks)).payload;
        } catch (other) {
          if (!(other instanceof jose.JWSSignatureVerificationFailed)) throw other;
        }
      }
      throw error;
    }
  };
}

function fetchedKeys(url: URL, options: VerifyTokenOptions): JWTVerifyGetKey {
  const { jwksCooldownMs = 30_000, jwksMaxAgeMs = JWKS_MAX_AGE_MS, fetchFailed } = options;
  const find = createRemoteJWKSet(url, {
    cooldownDuration: jwksCooldownMs,
    cacheMaxAge: jwksMaxAgeMs,
    [customFetch]: createKeyFetch(PAUSE_MS, options.clock),
  });
  let told: unknown;
  return async (header, token) => {
    try {
      return await find(header, token);
    } catch (error) {
      if (error instanceof Refusal || isAboutToken(error)) throw error;
      // All who wait for a fetch find the same.
      if (error !== told) fetchFailed?.(error);
      told = error;
      throw new Refusal('KEYS_UNAVAILABLE');
    }
  };
}

/** The keys are there, and none of them, or more than one, is the token's. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof jose.JWKSNoMatchingKey ||
    error instanceof jose.JWKSMultipleMatchingKeys ||
    error instanceof jose.JOSENotSupported
  );
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof jose.JWTExpired) return new Refusal('TOKEN_EXPIRED');
  if (error instanceof jose.JWTClaimValidationFailed) {
    return new Refusal('TOKEN_INVALID', {}, `The token's claim ${error.claim} is not accepted.`);
  }
  return new Refusal('TOKEN_INVALID');
}
