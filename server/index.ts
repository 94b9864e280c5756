export { type Clock, systemClock } from './clock.ts';
export { type Config, ConfigError, type Environment, readConfig } from './config.ts';
export type { AnalyticsSource } from './dispatch/stage.ts';
export { createLogger, type Logger } from './logger.ts';
export { createServer, type Server, type ServerOptions } from './server.ts';
