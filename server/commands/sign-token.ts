import { SignJWT } from 'jose';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';

/** What a new token is to say; see the claims in server/dispatch/claims.ts. */
export interface TokenGrant {
  readonly sub: string;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  readonly role?: string | undefined;
  readonly projects?: readonly string[] | undefined;
  readonly rooms?: readonly string[] | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly ttlMs: number;
}

/** Signs a token that a server with this config accepts. Rejects where the config has no secret. */
export async function signToken(
  config: Pick<Config, 'keys' | 'issuer' | 'audience'>,
  grant: TokenGrant,
  clock: Pick<Clock, 'now'>,
): Promise<string> {
  const { keys, issuer, audience } = config;
  if (keys.kind !== 'secret') throw new Error('Only a server with JWT_SECRET can make tokens.');
  const { sub, ttlMs, scope, ...claims } = grant;
  const issuedAt = Math.floor(clock.now() / 1000);
  const token = new SignJWT({ ...claims, ...(scope?.length && { scope: scope.join(' ') }) })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + Math.ceil(ttlMs / 1000));
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(keys.secret);
}
