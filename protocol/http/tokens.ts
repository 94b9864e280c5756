import { type Static, Type } from 'typebox';
import { route } from './route.ts';

const text = Type.Optional(Type.String({ minLength: 1, description: 'some text' }));

/** In 1973. What is less are seconds, as in a JWT: they would say that there is nothing to take back any more. */
export const FIRST_MS = 1e11;

/** One of the three, and when the last of them expires. */
export const TokensToRevoke = Type.Object(
  {
    jti: text,
    sub: text,
    token: text,
    expiresAt: Type.Optional(
      Type.Number({ minimum: FIRST_MS, description: 'milliseconds since the Unix epoch' }),
    ),
  },
  {
    description: 'one of jti (tokens with this claim), sub (all of a user issued before now), and token',
  },
);
export type TokensToRevoke = Static<typeof TokensToRevoke>;

/** Who may enter. */
export const tokenRoutes = {
  revokeTokens: route({
    method: 'POST',
    path: '/api/tokens/revoke',
    summary:
      'Takes tokens back: who is connected with one is closed at once, and nobody gets in with one any more.',
    scope: 'admin',
    body: TokensToRevoke,
    answers: {
      200: {
        description: 'They are taken back.',
        schema: Type.Object({
          disconnected: Type.Integer({ description: 'connections that were closed because of it' }),
        }),
      },
    },
    refusals: ['LOG_UNAVAILABLE'],
  }),
} as const;
