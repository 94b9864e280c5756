export * from './route.ts';
export * from './routes.ts';
export * from './statuses.ts';
export * from './stream-routes.ts';
