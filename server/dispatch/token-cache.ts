import { hash } from 'node:crypto';
import type { User } from './principal.ts';

/** Tokens that were verified, so that a repeat (reconnect, second tab, polling request) needs no signature. */
export interface TokenCache {
  /** `undefined`: not known, or its time is over. */
  get(token: string, nowMs: number): User | undefined;
  /** `untilMs`: milliseconds since the Unix epoch. */
  set(token: string, user: User, untilMs: number): void;
}

interface Known {
  readonly user: User;
  readonly untilMs: number;
}

/**
 * Keeps `capacity` tokens, those used last. The key is the token's SHA-256: 44 bytes however long the token
 * is, and a dump of the memory shows nothing that opens a door. Only verified tokens get in, so a stranger
 * cannot push others out.
 */
export function createTokenCache(capacity: number): TokenCache {
  // A Map keeps the order of insertion: whoever is used is moved to its end.
  const known = new Map<string, Known>();
  return {
    get(token, nowMs) {
      const key = keyOf(token);
      const found = known.get(key);
      if (!found) return undefined;
      known.delete(key);
      if (nowMs >= found.untilMs) return undefined;
      known.set(key, found);
      return found.user;
    },
    set(token, user, untilMs) {
      known.set(keyOf(token), { user, untilMs });
      const [oldest] = known.keys();
      if (known.size > capacity && oldest !== undefined) known.delete(oldest);
    },
  };
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
