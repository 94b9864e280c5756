import type { tokenRoutes } from '../../../protocol/http/index.ts';
import type { Revocation, Revoked } from '../../dispatch/revocation.ts';
import type { Handlers } from '../row.ts';

export interface TokenOptions {
  revoke(what: Revocation): Promise<Revoked>;
}

export function createTokenHandlers({ revoke }: TokenOptions): Handlers<typeof tokenRoutes> {
  return {
    // Which fields go together is checked where it is done.
    revokeTokens: async ({ body }) => ({ status: 200, json: await revoke(body as Revocation) }),
  };
}
