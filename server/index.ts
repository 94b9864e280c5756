export { Refusal } from '../protocol/index.ts';
export type { Backend, MayList } from './backend/backend.ts';
export { type Clock, systemClock } from './clock.ts';
export { type Config, ConfigError, type Environment, readConfig } from './config.ts';
export type { Projects } from './directory/directory.ts';
export type { Project } from './directory/project.ts';
export type { Decider } from './dispatch/authorization.ts';
export type { ContentCommand, Hooks, Occasion, Verdict } from './dispatch/hooks.ts';
export type { Action, Principal } from './dispatch/principal.ts';
export type { Revocation, Revoked } from './dispatch/revocation.ts';
export type { AnalyticsSource } from './dispatch/stage.ts';
export {
  type Application,
  type Broadcast,
  type Broadcasts,
  Refused,
  type Request,
} from './embedding/application.ts';
export type { ApplicationSocket } from './embedding/application-socket.ts';
export { LogError, type LogErrorCode } from './log/log.ts';
export { createLogger, type Logger } from './logger.ts';
export type { Change, Happening } from './outbound/happening.ts';
export { createServer } from './server.ts';
export type { Server, ServerOptions } from './server-options.ts';
export type { Tracking } from './tracking/tracking.ts';
export type { Connection, ConnectionHandler } from './transport/connection.ts';
export type { EngineIoMount, EngineIoOptions } from './transport/engine-io/options.ts';
