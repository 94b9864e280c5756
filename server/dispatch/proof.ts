import { hash } from 'node:crypto';
import { isPlainObject } from '../../protocol/index.ts';
import type { Claims } from './claims.ts';

/** Which token it was that proved who somebody is, so that it can be taken back. */
export interface Proof {
  /** SHA-256 of the token without its signature: of one token there may be several valid signatures. */
  readonly fingerprint: string;
  /** The claim `jti`. */
  readonly jti: string | undefined;
  /** The claim `iat`, in milliseconds since the Unix epoch. */
  readonly issuedAt: number | undefined;
  /** The user's own public key, a JWK: the claim `cnf.jwk` (RFC 7800). */
  readonly key: Readonly<Record<string, unknown>> | undefined;
}

/** The proof that a verified token is. */
export function proofOf(token: string, { jti, iat, cnf }: Claims): Proof {
  return {
    fingerprint: fingerprintOf(token),
    jti: typeof jti === 'string' ? jti : undefined,
    issuedAt: typeof iat === 'number' ? iat * 1000 : undefined,
    key: isPlainObject(cnf) && isPlainObject(cnf.jwk) ? cnf.jwk : undefined,
  };
}

function fingerprintOf(token: string): string {
  return hash('sha256', token.slice(0, token.lastIndexOf('.')), 'base64url');
}
