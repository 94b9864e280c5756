import { TandemError } from './error.ts';
import type { ConnectOptions } from './options.ts';

/** Refusals of a token that another token may undo. */
export const tokenEnded = new Set(['TOKEN_EXPIRED', 'TOKEN_REVOKED']);
/** INVALID_FIELD: it is none at all. */
export const tokenRefused = new Set([...tokenEnded, 'TOKEN_INVALID', 'IDENTITY_MISMATCH', 'INVALID_FIELD']);

/** Who a token says that its bearer is, unverified: good enough to know oneself among others. */
export function userIdIn(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
    const { sub, userId } = JSON.parse(new TextDecoder().decode(bytes));
    // The server takes a number as its digits.
    return (sub ?? userId)?.toString();
  } catch {
    return undefined;
  }
}

/** The token to show now; undefined for none. */
export async function tokenBy(
  options: Pick<ConnectOptions, 'getToken' | 'token'>,
  onError: (error: TandemError) => void,
): Promise<string | undefined | 'failed'> {
  try {
    return options.getToken === undefined ? options.token : await options.getToken();
  } catch (cause) {
    onError(new TandemError('NO_TOKEN', 'getToken failed.', {}, { cause }));
    return 'failed';
  }
}
