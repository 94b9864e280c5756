import type { CloseAdvice } from '../protocol/index.ts';
import type { Permission } from './assembly/permission.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config.ts';
import type { Dialect } from './dialect/dialect.ts';
import type { EventPacket } from './dialect/framings/socket-io.ts';
import { socketEvent } from './dialect/framings/socket-io-framing.ts';
import { createDispatcher, type Dispatcher } from './dispatch/dispatcher.ts';
import { reenter, rejoin } from './dispatch/handlers/rejoining.ts';
import type { Hooks } from './dispatch/hooks.ts';
import { Line } from './dispatch/line.ts';
import { createLimiter } from './dispatch/rate-limit.ts';
import type { Membership, Session } from './dispatch/session.ts';
import type { Stage } from './dispatch/stage.ts';
import type { Want } from './fanout/attachment.ts';
import type { Claimed } from './fanout/position.ts';
import { Receiver, type ReceiverOptions } from './fanout/receiver.ts';
import type { Rooms } from './live/rooms.ts';
import type { Logger } from './logger.ts';
import { type Metrics, transportOf } from './metrics.ts';
import type { Recovery } from './recovery/recovery.ts';
import { type ArrivalOptions, arrive } from './sessions/arrival.ts';
import { createStage } from './sessions/create-stage.ts';
import type { Listeners } from './sessions/listeners.ts';
import { createReceiverOptions } from './sessions/receiver-options.ts';
import { identityOf, Sessions } from './sessions/sessions.ts';
import { type Suspicion, suspectOf } from './sessions/suspicion.ts';
import { type Duties, sweep } from './sessions/sweep.ts';
import { SmallMap } from './small-map.ts';
import type { Connection, ConnectionHandler, Handshake } from './transport/connection.ts';
import type { SocketHandler } from './transport/socket-io/socket.ts';

export interface HubOptions {
  config: Config;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  nodeId: string;
  rooms: Rooms;
  recovery: Recovery;
  listeners: Listeners;
  permission: Pick<Permission, 'authorize' | 'revision' | 'verifyToken' | 'isRevoked'>;
  hooks: Hooks | undefined;
  newId(): string;
  /** Uniform in [0, 1). */
  random(): number;
  /** The dialect of a connection, by its path and subprotocol. */
  dialectOf(handshake: Handshake): Dialect;
  subprotocols: readonly string[];
  onAnalytics: Stage['analytics'];
  suspicion: Suspicion;
}

/** A crowd that is sent away comes back within this time. */
const RECONNECT_SPREAD_MS = 5000;

/** Where connections meet the stages: who they are when they arrive, and what becomes of them in the end. */
export class Hub implements ConnectionHandler, SocketHandler {
  readonly sessions: Sessions;
  readonly #options: HubOptions;
  readonly #dispatcher: Dispatcher;
  readonly #stage: Stage;
  readonly #receiverOptions: ReceiverOptions;
  readonly #arrival: ArrivalOptions;
  readonly #duties: Duties;
  /** Nothing new is accepted. */
  #closing = false;

  constructor(options: HubOptions) {
    this.#options = options;
    const { config, clock, metrics, rooms } = options;
    const { heartbeatGraceMs } = config;
    this.sessions = new Sessions({
      ...options,
      heartbeatGraceMs,
      isRevoked: options.permission.isRevoked,
    });
    this.#receiverOptions = createReceiverOptions({
      config,
      clock,
      metrics,
      sessions: this.sessions,
    });
    this.#stage = createStage({
      ...options,
      sessions: this.sessions,
      listen: (one) => this.#listen(one),
    });
    this.#dispatcher = this.#createDispatcher();
    this.#arrival = {
      ...options,
      verifyToken: options.permission.verifyToken,
      sessions: this.sessions,
      listen: (one, since) => this.#listen(one, since),
      rejoin: (one, ...where) => rejoin(this.#stage, one, ...where),
    };
    this.#duties = {
      heartbeatGraceMs,
      now: clock.now,
      monotonic: clock.monotonic,
      close: (session, name) => this.sessions.close(session, name),
      end: (session, reason) => this.sessions.end(session, reason),
      answer: (session, event) => this.sessions.answer(session, event),
      submit: (roomId, entry) => rooms.submit(roomId, entry),
    };
  }

  selectProtocol(offered: readonly string[]): string {
    return offered.find((one) => this.#options.subprotocols.includes(one)) ?? '';
  }

  opened(connection: Connection, handshake: Handshake): void {
    const { clock, config } = this.#options;
    const dialect = this.#options.dialectOf(handshake);
    const now = clock.monotonic();
    const session: Session = {
      id: connection.id,
      receiver: new Receiver(connection, dialect, this.#receiverOptions),
      limiter: createLimiter(config.rates, now),
      line: new Line(),
      transport: transportOf(handshake),
      address: handshake.address,
      phase: { kind: 'arriving', deadline: now + config.connectTimeoutMs },
      memberships: new SmallMap(),
      hears: undefined,
      lastSeen: clock.now(),
      heardAt: now,
      isDeparting: false,
      inbox: undefined,
    };
    connection.state = session;
    this.sessions.add(session);
    if (this.#closing) return this.sessions.close(session, 'SHUTDOWN', this.#advice());
    const decision = arrive(session, handshake, this.#arrival);
    if (decision !== undefined) this.#dispatcher.wait(session, decision);
  }

  received(connection: Connection, bytes: Uint8Array, isBinary: boolean): void {
    const session = connection.state as Session;
    if (session.phase.kind === 'ended' || session.phase.kind === 'lost' || session.isDeparting) return;
    session.lastSeen = this.#options.clock.now();
    session.heardAt = this.#options.clock.monotonic();
    this.#dispatcher.receive(session, bytes, isBinary);
  }

  /** An event of Socket.IO. */
  event(connection: Connection, { data: [name, ...args], id }: EventPacket, size: number): void {
    const session = connection.state as Session;
    if (session.phase.kind === 'ended' || session.isDeparting) return;
    session.lastSeen = this.#options.clock.now();
    this.#dispatcher.accept(session, socketEvent(String(name), id, args), size);
  }

  dropped(connection: Connection, frame: Uint8Array): void {
    (connection.state as Session).receiver.frameDropped(frame);
  }

  drained(connection: Connection): void {
    (connection.state as Session).receiver.drained();
  }

  closed(connection: Connection, code: number, clean: boolean): void {
    const session = connection.state as Session;
    const { receiver, phase } = session;
    const { userId } = identityOf(session) ?? {};
    this.#options.logger.info({ connection: session.id, userId, code }, 'disconnected');
    this.#options.recovery.ended(session.id, clean);
    receiver.ended();
    for (const { roomId } of session.memberships.values()) {
      this.#options.rooms.get(roomId)?.fanout?.detach(session.id);
    }
    if (session.hears !== undefined) this.#options.listeners.forget(session);
    const { isWatched, returns } = receiver.dialect.framing;
    // It was there until now.
    if (isWatched) session.heardAt = this.#options.clock.monotonic();
    const keepsPlace = !clean && (!isWatched || returns === true || session.isDeparting);
    if (keepsPlace && phase.kind === 'open' && session.memberships.size > 0) {
      this.sessions.lose(session, phase.principal);
    } else this.sessions.end(session, 'disconnected');
  }

  /** Ends what ends by time; to be called about once a second. */
  sweep(): void {
    for (const session of this.sessions.all()) sweep(session, this.#duties);
  }

  /** Takes a session into a room again that others took it out of by mistake. */
  rejoin(session: Session, membership: Membership, want?: Want): void {
    reenter(this.#stage, session, membership, want);
  }

  /** Accepts neither connections nor commands any more. */
  refuse(): void {
    this.#closing = true;
  }

  /** Sends everybody away, each with another delay. */
  drain(): void {
    for (const session of [...this.sessions.all()]) {
      if (session.phase.kind === 'lost') this.sessions.end(session, 'disconnected');
      else this.sessions.close(session, 'SHUTDOWN', this.#advice());
    }
  }

  #advice(): CloseAdvice {
    return { retryAfterMs: Math.round(this.#options.random() * RECONNECT_SPREAD_MS) };
  }

  // --- What the other stages need

  #listen(session: Session, since?: Claimed): void {
    const { userId } = identityOf(session) ?? {};
    const { roomOf } = session.receiver.dialect.vocabulary;
    if (userId === undefined || roomOf === undefined) return;
    this.#options.listeners.listen(session, roomOf(userId), since);
  }

  #createDispatcher(): Dispatcher {
    const { logger, metrics, suspicion } = this.#options;
    return createDispatcher({
      stage: this.#stage,
      closing: () => this.#closing,
      onReceived: (type, bytes) => {
        metrics.messagesReceived.labels(type).inc();
        metrics.bytesReceived.inc(bytes);
      },
      onRefused: (session, { code, details }) => {
        metrics.errors.labels(code).inc();
        if (code === 'RATE_LIMITED') metrics.rateLimited.inc();
        suspicion(code, { ...suspectOf(session), path: details.path });
      },
      onFlood: (session) => {
        suspicion('FLOOD', suspectOf(session));
        this.sessions.close(session, 'FLOOD');
      },
      onOverloaded: (session) => this.sessions.close(session, 'OVERLOADED'),
      onFault: (error, type) => logger.error({ err: error, type }, 'a handler failed'),
    });
  }
}
