import type { Clock } from '../../clock.ts';
import { encodeHandshake } from '../../dialect/framings/engine-io.ts';
import { isStrict, STRICT_PACKETS } from '../../dialect/framings/strict-client.ts';
import type { Connection, ConnectionHandler, Handshake } from '../connection.ts';
import { Deadlines } from '../deadlines.ts';
import { createDropReports } from '../drop-reports.ts';
import type { Topics } from '../topics.ts';
import { Heartbeat } from './heartbeat.ts';
import type { EngineIoOptions } from './options.ts';
import type { Polling } from './polling.ts';
import { EngineSession, type SessionParts } from './session.ts';
import type { EngineSocket } from './socket.ts';
import { Upgrade } from './upgrade.ts';

/** How long what a closed session has left for its client waits for a poll. */
const FAREWELL_MS = 30_000;

export interface SessionsParts {
  readonly options: EngineIoOptions;
  readonly handler: ConnectionHandler;
  readonly topics: Topics<Polling>;
  readonly clock: Clock;
  readonly maxBufferedBytes: number;
  readonly newId: () => string;
}

/** The sessions of a mount, by their ids. */
export class Sessions {
  readonly #parts: SessionsParts;
  readonly #byId = new Map<string, EngineSession>();
  readonly #heartbeat: Heartbeat<EngineSession>;
  readonly #upgrades: Deadlines<Upgrade>;
  readonly #farewells: Deadlines<EngineSession>;
  readonly #ofSessions: SessionParts;

  constructor(parts: SessionsParts) {
    const { options, handler, clock, topics, maxBufferedBytes } = parts;
    this.#parts = parts;
    this.#heartbeat = new Heartbeat(clock, options);
    this.#upgrades = new Deadlines(clock, options.upgradeTimeoutMs, (upgrade) => upgrade.abandon());
    this.#farewells = new Deadlines(clock, FAREWELL_MS, (session) => session.leave());
    this.#ofSessions = {
      handler,
      heartbeat: this.#heartbeat,
      drops: createDropReports((session, frame) => handler.dropped(session, frame)),
      topics,
      maxBufferedBytes,
      maxPayloadBytes: options.maxPayloadBytes,
      lingers: (closed) => this.#farewells.set(closed),
      gone: (closed) => {
        this.#farewells.delete(closed);
        this.#byId.delete(closed.id);
      },
    };
  }

  get(sid: string | undefined): EngineSession | undefined {
    return sid === undefined ? undefined : this.#byId.get(sid);
  }

  /** Opens a session over long-polling. @returns its open packet, for the answer */
  openPolling(handshake: Handshake): { sid: string; packet: string } {
    const session = this.#create(isStrict(handshake.query) ? STRICT_PACKETS : Number.POSITIVE_INFINITY);
    const packet = this.#openPacket(session);
    this.#announce(session, handshake);
    return { sid: session.id, packet };
  }

  /** Opens a session over a WebSocket. */
  openSocket(socket: EngineSocket, handshake: Handshake): void {
    const { connection } = socket;
    const session = this.#create(connection);
    socket.owner = session;
    connection.send(this.#openPacket(session));
    this.#announce(session, handshake);
  }

  upgrade(session: EngineSession, socket: EngineSocket): void {
    const upgrade = new Upgrade(session, socket, this.#upgrades);
    socket.owner = upgrade;
    session.upgradeBegun(upgrade);
  }

  /** Ends them all. */
  close(): void {
    for (const session of [...this.#byId.values()]) {
      session.terminate();
      session.leave();
    }
  }

  #create(begins: Connection | number): EngineSession {
    const session = new EngineSession(this.#parts.newId(), this.#ofSessions, begins);
    this.#byId.set(session.id, session);
    return session;
  }

  #announce(session: EngineSession, handshake: Handshake): void {
    this.#heartbeat.rest(session);
    this.#parts.handler.opened(session, handshake);
  }

  #openPacket({ id, polling }: EngineSession): string {
    const { pingIntervalMs, pingTimeoutMs, maxPayloadBytes, transports } = this.#parts.options;
    const canUpgrade = polling !== undefined && transports.includes('websocket');
    const upgrades = canUpgrade ? (['websocket'] as const) : [];
    return encodeHandshake({ sid: id, upgrades, pingIntervalMs, pingTimeoutMs, maxPayloadBytes });
  }
}
