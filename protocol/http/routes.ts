import { Type } from 'typebox';
import { route } from './route.ts';
import { streamRoutes } from './stream-routes.ts';

const Ok = Type.Object({ ok: Type.Boolean() });

/** Of the process itself; also at HEALTH_PORT, and without a token: for orchestrators and scrapers. */
export const processRoutes = {
  health: route({
    method: 'GET',
    path: '/health',
    summary: 'Whether the process lives.',
    answers: { 200: { description: 'It does.', schema: Ok } },
  }),
  ready: route({
    method: 'GET',
    path: '/ready',
    summary: 'Whether clients may come: not while the server starts, drains, or cannot write its log.',
    answers: {
      200: { description: 'They may.', schema: Ok },
      503: { description: 'They may not.', schema: Ok },
    },
  }),
  metrics: route({
    method: 'GET',
    path: '/metrics',
    summary: 'The metrics, in the text format of Prometheus.',
    answers: { 200: { description: 'The metrics.', contentType: 'text/plain' } },
  }),
} as const;

/** Everything that is answered over HTTP, by name. [SPEC: HT] */
export const routes = {
  ...processRoutes,
  ...streamRoutes,
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
