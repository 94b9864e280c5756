import { isIPv4 } from 'node:net';
import { publicTokenKeys, type TokenKeys } from '../dispatch/keys.ts';
import type { Problem, Values } from './table.ts';

/** RFC 7518, section 3.2: a key of HS256 is at least as long as its hash. */
const MIN_SECRET_BYTES = 32;

/**
 * The keys that the settings name; `undefined`: none, which is development mode. Adds to `problems` and
 * `warnings`.
 */
export function keysOf(values: Values, problems: Problem[], warnings: string[]): TokenKeys | undefined {
  const { JWT_SECRET: secret, JWT_PUBLIC_KEY: pem, JWKS_URL: url } = values;
  if ([secret, pem, url].filter((key) => key !== undefined).length > 1) {
    problems.push({
      setting: secret === undefined ? 'JWKS_URL' : 'JWT_SECRET',
      value: undefined,
      expected: 'only one of JWT_SECRET, JWT_PUBLIC_KEY and JWKS_URL to be set',
    });
  }
  // All are looked at, so that all problems are found.
  const found = [
    secret === undefined ? undefined : fromSecret(secret, warnings),
    pem === undefined ? undefined : fromPem(pem, problems),
    url === undefined ? undefined : fromUrl(url, problems, warnings),
  ];
  return found.find((keys) => keys !== undefined);
}

function fromSecret(text: string, warnings: string[]): TokenKeys {
  const secret = new TextEncoder().encode(text);
  if (secret.length < MIN_SECRET_BYTES) {
    warnings.push(
      `JWT_SECRET has ${secret.length} bytes; HS256 asks for at least ${MIN_SECRET_BYTES} (RFC 7518, section 3.2): a short one can be guessed.`,
    );
  }
  if (text !== text.trim())
    warnings.push('JWT_SECRET has white space around it, which is part of the secret.');
  return { kind: 'secret', secret };
}

function fromPem(pem: string, problems: Problem[]): TokenKeys | undefined {
  const keys = publicTokenKeys(pem.replaceAll('\\n', '\n'));
  if (!keys) {
    problems.push({
      setting: 'JWT_PUBLIC_KEY',
      value: pem,
      expected:
        'a public key in PEM (BEGIN PUBLIC KEY): RSA of at least 2048 bits, EC on P-256, or Ed25519; never a private key',
    });
  }
  return keys;
}

function fromUrl(url: URL, problems: Problem[], warnings: string[]): TokenKeys {
  if (url.username || url.password) {
    problems.push({ setting: 'JWKS_URL', value: url.href, expected: 'a URL without user name and password' });
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    warnings.push('JWKS_URL is not https: whoever is on the way can put in keys of their own.');
  }
  return { kind: 'jwks', url };
}

/** Whether an address can be reached from this machine only. Brackets around IPv6 are allowed. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}
