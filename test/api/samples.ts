import { type connectionRoutes, type Routes, routes, type streamRoutes } from '../../protocol/http/index.ts';

/** Of backends and of the process; those of event streams have tests of their own. */
type RouteName = Exclude<keyof Routes, keyof typeof streamRoutes | keyof typeof connectionRoutes>;

/** A request that each route answers well, once what it needs is there. */
export const samples: { readonly [Name in RouteName]: { path: string; body?: unknown } } = {
  health: { path: '/health' },
  ready: { path: '/ready' },
  metrics: { path: '/metrics' },
  openapi: { path: '/openapi.json' },
  publish: { path: '/api/rooms/r/events', body: { event: 'e', data: { n: 1 } } },
  broadcast: { path: '/api/broadcast', body: { rooms: ['r', 's'], event: 'e', data: 1 } },
  notify: { path: '/api/users/ada/notifications', body: { title: 'T', message: 'M' } },
  disconnect: { path: '/api/users/ada/disconnect' },
  revokeTokens: { path: '/api/tokens/revoke', body: { jti: 'j' } },
  rooms: { path: '/api/rooms?limit=10' },
  room: { path: '/api/rooms/r' },
  presence: { path: '/api/rooms/r/presence' },
  state: { path: '/api/rooms/r/state' },
  operations: { path: '/api/rooms/r/operations?since=0' },
  messages: { path: '/api/rooms/r/messages?limit=5' },
  log: { path: '/api/rooms/r/log?limit=10' },
  projects: { path: '/api/projects' },
  putProject: { path: '/api/projects/p', body: { ownerId: 'ada' } },
  getProject: { path: '/api/projects/p' },
  startSession: { path: '/api/projects/p/sessions', body: { sessionId: 's', externalUserId: 'u' } },
  ingest: { path: '/api/projects/p/sessions/s/events', body: [{ type: 'keydown' }] },
  submitSession: { path: '/api/projects/p/sessions/s/submit' },
  sessionEvents: { path: '/api/projects/p/sessions/s/events?limit=5' },
  deleteProject: { path: '/api/projects/p' },
};

export type Name = RouteName;
export const names = Object.keys(samples) as RouteName[];

export function methodOf(name: RouteName): string {
  return routes[name].method;
}

/** Of the rows that need a token. */
export const guarded = names.filter((name) => 'scope' in (routes[name] as Routes[RouteName]));
export const withBody = names.filter((name) => 'body' in (routes[name] as Routes[RouteName]));
export const withParams = names.filter((name) => 'params' in (routes[name] as Routes[RouteName]));

/** The path of a sample, with another value for its first parameter. */
export function pathWith(name: RouteName, value: string): string {
  const segments = routes[name].path.split('/');
  const own = samples[name].path.split('/');
  const at = segments.findIndex((one) => one.startsWith(':'));
  return own.map((one, index) => (index === at ? value + (one.match(/\?.*/)?.[0] ?? '') : one)).join('/');
}
