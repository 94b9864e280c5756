export { Refusal } from '../protocol/index.ts';
export type { Server, ServerOptions } from './assembly/server-options.ts';
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
export {
  type Head,
  type Log,
  LogError,
  type LogErrorCode,
  type LogListener,
  type OpeningEvents,
  type RoomLog,
  type Snapshot,
} from './log/log.ts';
export type { Beats } from './log/redis-nodes.ts';
export { createLogger, type Logger } from './logger.ts';
export type { Change, Happening } from './outbound/happening.ts';
export { createServer } from './server.ts';
export type { Tracking } from './tracking/tracking.ts';
export type { ClientAddress } from './transport/client-address.ts';
export type {
  BinaryFrame,
  Connection,
  ConnectionHandler,
  Frame,
  Handshake,
  HttpHandler,
  HttpOutput,
  HttpRequest,
  HttpResponse,
  HttpStream,
  SendResult,
  TextFrame,
  Transport,
  TransportOptions,
} from './transport/connection.ts';
export type { CorsOptions } from './transport/cors.ts';
export type {
  CookieOptions,
  EngineIoMount,
  EngineIoOptions,
  EngineTransport,
} from './transport/engine-io/options.ts';
