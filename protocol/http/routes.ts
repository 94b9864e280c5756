import { Type } from 'typebox';
import { connectionRoutes } from './connection-routes.ts';
import { projectRoutes, sessionRoutes } from './projects.ts';
import { publishingRoutes, roomRoutes } from './rooms.ts';
import { route } from './route.ts';
import { streamRoutes } from './stream-routes.ts';
import { tokenRoutes } from './tokens.ts';

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
  ...tokenRoutes,
  ...publishingRoutes,
  ...roomRoutes,
  ...projectRoutes,
  ...sessionRoutes,
  ...streamRoutes,
  ...connectionRoutes,
  openapi: route({
    method: 'GET',
    path: '/openapi.json',
    summary: 'The description of all this, OpenAPI 3.1.',
    answers: { 200: { description: 'The document.', contentType: 'application/json' } },
  }),
} as const;

export type Routes = typeof routes;
export type RouteName = keyof Routes;
