import type { Proof } from './proof.ts';

/** Who a connection is. What a message claims is checked against it, never the other way round. */
export type Principal = User | Guest;

/** Proved by a token. */
export interface User {
  readonly kind: 'user';
  readonly userId: string;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly role: string | undefined;
  /** Ids of projects whose rooms the token opens; undefined: the token does not say. */
  readonly projects: readonly string[] | undefined;
  /** Patterns with `*` of rooms that the token opens; undefined: the token does not say. */
  readonly rooms: readonly string[] | undefined;
  /** For backends: `publish`, `admin`. */
  readonly scope: readonly string[];
  /** Milliseconds since the Unix epoch; undefined: does not end. */
  readonly expiresAt: number | undefined;
  /** The token; undefined where a program says who somebody is. */
  readonly proof?: Proof | undefined;
}

/** Came without a token, where AUTH=optional. Its first join names it for the rest of the connection. */
export interface Guest {
  readonly kind: 'guest';
  readonly userId: string | undefined;
}

export type Action = 'join' | 'write' | 'publish' | 'admin';

/**
 * Answers whether a principal may do something in a room. Throws a Refusal, or rejects with one, where there is
 * more to say than FORBIDDEN: PROJECT_NOT_FOUND, PROJECT_INACTIVE. Other rejections count as a refusal.
 */
export type Authorize = (principal: Principal, action: Action, roomId: string) => boolean | Promise<boolean>;

/** Verifies a token. Throws a Refusal: TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REVOKED. Synchronous where it is known already. */
export type VerifyToken = (token: string) => User | Promise<User>;
