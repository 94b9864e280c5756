import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import {
  decodeProtectedHeader,
  type JWTPayload,
  type JWTVerifyOptions,
  errors as jose,
  UnsecuredJWT,
} from 'jose';
import { secretAlgorithms } from './keys.ts';

const UNSECURED_HEADER = Buffer.from('{"alg":"none"}').toString('base64url');

/**
 * Verifies tokens that were signed with a secret (HS256: RFC 7515, RFC 7518 section 3.2), synchronously. With
 * jose's own verification each is a job of the thread pool, which costs more than all else of an arrival
 * together but the kernel; the header and the claims are jose's here, too.
 *
 * Throws jose's errors, or a TypeError where the header cannot be read.
 */
export function verifyWithSecret(
  secret: Uint8Array,
): (token: string, options: JWTVerifyOptions) => JWTPayload {
  const key = createSecretKey(secret);
  const [algorithm] = secretAlgorithms;
  return (token, options) => {
    const { alg, crit } = decodeProtectedHeader(token);
    if (alg !== algorithm)
      throw new jose.JOSEAlgNotAllowed(`"alg" (Algorithm) Header Parameter value not allowed`);
    // RFC 7515, section 4.1.11: what is not understood has to be refused, and none is.
    if (crit !== undefined) throw new jose.JOSENotSupported('an extension of the header is not supported');
    const end = token.lastIndexOf('.');
    const signature = createHmac('sha256', key).update(token.slice(0, end)).digest('base64url');
    if (!isSame(signature, token.slice(end + 1))) throw new jose.JWSSignatureVerificationFailed();
    const payload = token.slice(token.indexOf('.') + 1, end);
    return UnsecuredJWT.decode(`${UNSECURED_HEADER}.${payload}.`, options).payload;
  };
}

/** In a time that does not tell where they differ. */
function isSame(expected: string, given: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(given)];
  return one.length === other.length && timingSafeEqual(one, other);
}
