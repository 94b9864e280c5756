import { SignJWT, UnsecuredJWT } from 'jose';
import { TEST_SECRET } from '../support/servers.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'tandem';
/** The settings that make the bad ones bad. */
export const strict = { AUTH: 'required', JWT_ISSUER: ISSUER, JWT_AUDIENCE: AUDIENCE };

interface Choices {
  secret?: string;
  issuer?: string;
  audience?: string;
  expiresInS?: number;
  claims?: Record<string, unknown>;
}

/** @param nowMs by the server's clock */
export function goodToken(nowMs: number, choices: Choices = {}): Promise<string> {
  const { secret = TEST_SECRET, issuer = ISSUER, audience = AUDIENCE, expiresInS = 3600 } = choices;
  const token = new SignJWT({ sub: 'ada', ...choices.claims })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime(Math.floor(nowMs / 1000) + expiresInS);
  if (issuer !== '') token.setIssuer(issuer);
  if (audience !== '') token.setAudience(audience);
  return token.sign(new TextEncoder().encode(secret));
}

type Bad = readonly [name: string, token: string, code: 'TOKEN_INVALID' | 'TOKEN_EXPIRED'];

/** Tokens that open nothing, and what each is told. */
export async function badTokens(nowMs: number): Promise<Bad[]> {
  const good = await goodToken(nowMs);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const unsigned = new UnsecuredJWT({ sub: 'ada' }).setIssuer(ISSUER).setAudience(AUDIENCE).encode();
  const root = Buffer.from(JSON.stringify({ sub: 'root', iss: ISSUER, aud: AUDIENCE })).toString('base64url');
  const hs512 = new SignJWT({ sub: 'ada', iss: ISSUER, aud: AUDIENCE }).setProtectedHeader({ alg: 'HS512' });
  return [
    ['signed with another key', await goodToken(nowMs, { secret: 'x'.repeat(40) }), 'TOKEN_INVALID'],
    ['alg none', unsigned, 'TOKEN_INVALID'],
    ['the signature cut off', `${header}.${payload}.`, 'TOKEN_INVALID'],
    ['another payload', `${header}.${root}.${signature}`, 'TOKEN_INVALID'],
    ['another algorithm', await hs512.sign(new TextEncoder().encode(TEST_SECRET)), 'TOKEN_INVALID'],
    ['another issuer', await goodToken(nowMs, { issuer: 'https://other.example' }), 'TOKEN_INVALID'],
    ['no issuer', await goodToken(nowMs, { issuer: '' }), 'TOKEN_INVALID'],
    ['another audience', await goodToken(nowMs, { audience: 'other' }), 'TOKEN_INVALID'],
    ['no audience', await goodToken(nowMs, { audience: '' }), 'TOKEN_INVALID'],
    ['no user', await goodToken(nowMs, { claims: { sub: '' } }), 'TOKEN_INVALID'],
    ['a malformed grant', await goodToken(nowMs, { claims: { rooms: 'all' } }), 'TOKEN_INVALID'],
    ['not yet valid', await goodToken(nowMs, { claims: { nbf: nowMs / 1000 + 60 } }), 'TOKEN_INVALID'],
    ['no token at all', 'nonsense', 'TOKEN_INVALID'],
    ['expired', await goodToken(nowMs, { expiresInS: -60 }), 'TOKEN_EXPIRED'],
  ];
}
