import { Type } from 'typebox';
import { route } from './route.ts';

const text = Type.Optional(Type.String({ minLength: 1, description: 'some text' }));

/** Who may enter. */
export const tokenRoutes = {
  revokeTokens: route({
    method: 'POST',
    path: '/api/tokens/revoke',
    summary:
      'Takes tokens back: who is connected with one is closed at once, and nobody gets in with one any more.',
    scope: 'admin',
    body: Type.Object(
      {
        jti: text,
        sub: text,
        token: text,
        expiresAt: Type.Optional(
          Type.Number({ minimum: 0, description: 'milliseconds since the Unix epoch' }),
        ),
      },
      {
        description: 'one of jti (tokens with this claim), sub (all of a user issued before now), and token',
      },
    ),
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
