import { createPublicKey, type KeyObject } from 'node:crypto';

/** What tokens are verified with, and the only algorithms that are then accepted (RFC 8725, section 3.1). */
export type TokenKeys =
  | { readonly kind: 'secret'; readonly secret: Uint8Array }
  | { readonly kind: 'public'; readonly key: KeyObject; readonly algorithms: readonly string[] }
  | { readonly kind: 'jwks'; readonly url: URL };

/** Never a symmetric one beside an asymmetric one: a public key must not pass as an HMAC secret. */
export const secretAlgorithms = ['HS256'] as const;
export const jwksAlgorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;

/**
 * Reads a public key: PEM, SubjectPublicKeyInfo (`BEGIN PUBLIC KEY`). RSA of at least 2048 bits, EC on the
 * curve P-256, or Ed25519. `undefined`: it is something else. Private keys are refused, though a public one
 * could be made of them: they should not be here at all.
 */
export function publicTokenKeys(pem: string): TokenKeys | undefined {
  if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) return undefined;
  try {
    const key = createPublicKey(pem);
    const algorithms = algorithmsOf(key);
    return algorithms && { kind: 'public', key, algorithms };
  } catch {
    return undefined;
  }
}

function algorithmsOf(key: KeyObject): readonly string[] | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength >= 2048 ? ['RS256', 'PS256'] : undefined;
    case 'ec':
      return namedCurve === 'prime256v1' ? ['ES256'] : undefined;
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return undefined;
  }
}
