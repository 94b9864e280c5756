import { Refusal } from '../../protocol/errors.ts';
import { limits } from '../../protocol/limits.ts';
import { isId } from '../../protocol/values.ts';
import type { User } from './principal.ts';
import type { Proof } from './proof.ts';

/** The verified payload of a token. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Who the claims of a verified token describe. A claim that restricts (`role`, `projects`, `rooms`) must be
 * well-formed where it is present: to overlook a malformed one would open what it was meant to close.
 * Throws TOKEN_INVALID, which names the claim.
 */
export function userOf(claims: Claims, proof?: Proof): User {
  // One literal: V8 gives each object that is spread from another a shape of its own.
  return {
    kind: 'user',
    userId: idOf(claims.sub ?? claims.userId),
    name: shown(claims.name ?? claims.userName),
    email: shown(claims.email),
    role: roleOf(claims.role),
    projects: listOf(claims.projects, 'projects'),
    rooms: listOf(claims.rooms, 'rooms'),
    scope: scopeOf(claims.scope),
    expiresAt: typeof claims.exp === 'number' ? claims.exp * 1000 : undefined,
    proof,
  };
}

/** A whole number counts as its digits: many user tables have such keys. */
function idOf(value: unknown): string {
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (isId(id)) return id;
  throw malformed('sub (or userId)', `an id of 1 to ${limits.MAX_ID_LENGTH} characters`);
}

/** For people only, so one that cannot be shown is left out. */
function shown(value: unknown): string | undefined {
  const isShort = typeof value === 'string' && value.length >= 1 && value.length <= limits.MAX_ID_LENGTH;
  return isShort ? value : undefined;
}

function roleOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed('role', 'a string');
  return value;
}

function listOf(value: unknown, claim: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!isStrings(value)) throw malformed(claim, 'a list of strings');
  return value;
}

/** RFC 8693, section 4.2: words between spaces; some issuers send a list. */
function scopeOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  return isStrings(value) ? value : [];
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function malformed(claim: string, expected: string): Refusal {
  return new Refusal('TOKEN_INVALID', { expected }, `The token's claim ${claim} is not ${expected}.`);
}
