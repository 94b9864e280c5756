import type { Backend } from '../backend/backend.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Projects } from '../directory/directory.ts';
import type { Decider } from '../dispatch/authorization.ts';
import type { Hooks } from '../dispatch/hooks.ts';
import type { Revocation, Revoked } from '../dispatch/revocation.ts';
import type { AnalyticsSource } from '../dispatch/stage.ts';
import type { Application } from '../embedding/application.ts';
import type { Log } from '../log/log.ts';
import type { Beats } from '../log/redis-nodes.ts';
import type { Logger } from '../logger.ts';
import type { Happening } from '../outbound/happening.ts';
import type { Tracking } from '../tracking/tracking.ts';
import type { Transport, TransportOptions } from '../transport/connection.ts';
import type { EngineIoMount, EngineIoOptions } from '../transport/engine-io/options.ts';

export interface ServerOptions {
  config: Config;
  logger: Logger;
  /** Default: the process's own. */
  clock?: Clock;
  /** Default: what `config.store` names. */
  log?: Log;
  /** How nodes that share a store notice that one has died. Default: within 8 s. */
  beats?: Beats;
  /** Default: what `config.transport` names. */
  transport?: (options: TransportOptions) => Promise<Transport>;
  /**
   * Gets what applications count (`analytics_events` of Socket.IO, `analytics` of the native dialect), as it
   * came and not validated; `from.userId` is who sent it. Synchronous: what it throws is logged and answers the
   * client with INTERNAL. Default: the events are only counted, as the metric `tandem_analytics_events_total`.
   */
  onAnalytics?: (events: readonly unknown[], from: AnalyticsSource) => void;
  /**
   * Told what happens in rooms: created, emptied, who joined and left, and the operations, each after it is durable
   * and in the order of its room. Synchronous, and quick: the room waits for it. What it throws is logged.
   */
  onHappening?: (happening: Happening) => void;
  /** Uniform in [0, 1). Default: `Math.random`. */
  random?: () => number;
  /**
   * Says who may do what where neither the token nor the project directory does; `undefined`: no opinion. What
   * it throws is a refusal.
   */
  authorize?: Decider;
  /** What the program has to say to joins and writes, and its ear for leaves. Default: nothing, which costs nothing. */
  hooks?: Hooks;
  /** Namespaces of Socket.IO with events of the program's own. */
  applications?: readonly Application[];
  /** Beside what the settings say of Socket.IO. */
  socketIo?: Partial<
    Pick<EngineIoOptions, 'upgradeTimeoutMs' | 'maxPayloadBytes' | 'cookie' | 'cors' | 'transports'>
  >;
  /** Engine.IO alone, at paths of its own. */
  engineIo?: readonly EngineIoMount[];
}

export interface Server extends Omit<Backend, 'tracking'> {
  /** What this process is called among those that share a store; another with each start. */
  readonly nodeId: string;
  readonly port: number;
  /** `undefined`: health is answered on `port`. */
  readonly healthPort: number | undefined;
  /** Whether the pages are served, `/` and `/inspector`. */
  readonly hasPages: boolean;
  /** Who may be in the rooms of which project. */
  readonly projects: Projects;
  /** Tracked sessions. */
  readonly sessions: Tracking;
  /**
   * Takes tokens back: who is connected with one is closed with TOKEN_REVOKED at once, and nobody gets in with
   * one any more. Resolves when that is durable. Rejects with a Refusal (INVALID_FIELD, KEYS_UNAVAILABLE), or
   * with a LogError where it holds until the next start only.
   */
  revoke(what: Revocation): Promise<Revoked>;
  /**
   * Accepts nobody any more, makes durable what was accepted, sends everybody away with advice when to come
   * back, and releases the log. Where other nodes share the log, it gives its connections to them before, for
   * `config.handoverMs` at most.
   *
   * @param alsoLeaving `nodeId` of those that go down, too, and so take nothing over; may also be said later, by
   *   another call. Default: none
   */
  close(alsoLeaving?: Iterable<string>): Promise<void>;
}
