/** Refusals of a token that another token may undo. */
export const tokenEnded = new Set(['TOKEN_EXPIRED', 'TOKEN_REVOKED']);
export const tokenRefused = new Set([...tokenEnded, 'TOKEN_INVALID', 'IDENTITY_MISMATCH']);

/** Who a token says that its bearer is, unverified: good enough to know oneself among others. */
export function userIdIn(token: string): string | undefined {
  try {
    const [, payload = ''] = token.split('.');
    const binary = atob(payload.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (one) => one.charCodeAt(0));
    const { sub, userId } = JSON.parse(new TextDecoder().decode(bytes));
    return sub ?? userId;
  } catch {
    return undefined;
  }
}
