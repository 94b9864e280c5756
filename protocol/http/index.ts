export * from './connection-routes.ts';
export type * from './projects.ts';
export type * from './rooms.ts';
export * from './route.ts';
export * from './routes.ts';
export * from './statuses.ts';
export * from './stream-routes.ts';
export * from './tokens.ts';
export type * from './values.ts';
