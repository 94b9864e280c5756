import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import type { Test } from 'tap';
import { Refusal } from '../../protocol/errors.ts';
import { publicTokenKeys, type TokenKeys } from '../../server/dispatch/keys.ts';
import type { VerifyToken } from '../../server/dispatch/principal.ts';

export const START_MS = 1_700_000_000_000;
export const START_S = START_MS / 1000;
export const secret = new TextEncoder().encode('a secret of more than thirty-two bytes');
export const secretKeys: TokenKeys = { kind: 'secret', secret };
export const pem = { type: 'spki', format: 'pem' } as const;

export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
export const ed = generateKeyPairSync('ed25519');

export const clock: { nowMs: number; now(): number } = { nowMs: START_MS, now: () => clock.nowMs };

export function publicKeys(key: KeyObject): TokenKeys {
  const keys = publicTokenKeys(String(key.export(pem)));
  if (!keys) throw new Error('not a key for tokens');
  return keys;
}

export function sign(claims: JWTPayload, alg = 'HS256', key: Uint8Array | KeyObject = secret, kid?: string) {
  return new SignJWT(claims).setProtectedHeader({ alg, ...(kid && { kid }) }).sign(key);
}

/** By HS256 in this thread: in others it takes time of its own, while a clock is advanced by hand. */
export function signAtOnce(claims: JWTPayload, key: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

export async function refused(
  t: Test,
  verify: VerifyToken,
  token: string,
  code = 'TOKEN_INVALID',
  message?: string,
) {
  try {
    await verify(token);
    t.fail('was accepted');
  } catch (error) {
    t.ok(error instanceof Refusal);
    t.match(error, { code, ...(message !== undefined && { message }) });
    if (token.length > 10) t.notOk(String(error).includes(token), 'the message does not hold the token');
  }
}
