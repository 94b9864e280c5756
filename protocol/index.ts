export * from './closes.ts';
export * from './commands.ts';
export * from './errors.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './scene.ts';
export * from './streams.ts';
export * from './values.ts';
