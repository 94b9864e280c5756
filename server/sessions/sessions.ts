import { type CloseAdvice, type CloseName, closeReason, closes } from '../../protocol/index.ts';
import type { Clock } from '../clock.ts';
import { renderDirect } from '../dialect/dialect.ts';
import type { DirectEvent } from '../dialect/events.ts';
import type { Hooks, Occasion } from '../dispatch/hooks.ts';
import type { Principal } from '../dispatch/principal.ts';
import type { Membership, Session } from '../dispatch/session.ts';
import type { Dismissal } from '../dispatch/stage.ts';
import type { Rooms } from '../live/rooms.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { LeaveReason } from '../room/entry.ts';
import { claimsOf } from '../room/selections.ts';
import type { Connection } from '../transport/connection.ts';

export interface SessionsOptions {
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  heartbeatGraceMs: number;
  rooms: Rooms;
  /** Whether the token that proves who it is was taken back. */
  isRevoked(principal: Principal): boolean;
  hooks: Hooks | undefined;
}

/** The sessions that this node holds: those of its connections, and the lost ones whose grace runs. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #byId = new Map<string, Session>();
  readonly #lost = new Map<string, Set<Session>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  all(): Iterable<Session> {
    return this.#byId.values();
  }

  /** What waits for all of them to read. */
  get bufferedBytes(): number {
    let bytes = 0;
    for (const { receiver } of this.#byId.values()) bytes += receiver.connection.bufferedBytes();
    return bytes;
  }

  /** How many of their connections are left out until they have drained. */
  get lagging(): number {
    let count = 0;
    for (const { receiver, phase } of this.#byId.values())
      if (receiver.lagging && phase.kind !== 'lost') count += 1;
    return count;
  }

  get(connectionId: string): Session | undefined {
    return this.#byId.get(connectionId);
  }

  add(session: Session): void {
    this.#byId.set(session.id, session);
  }

  /** Sessions of this user in this room whose connection broke off. */
  lostIn(userId: string, roomId: string): Session[] {
    return [...(this.#lost.get(userId) ?? [])].filter((one) => one.memberships.has(roomId));
  }

  /** Sends an event to a session; one that concerns a room takes its place behind what the room answers. */
  answer(session: Session, event: DirectEvent, roomId?: string): void {
    const { receiver, phase } = session;
    if (phase.kind === 'ended' || phase.kind === 'lost') return;
    const fanout = roomId === undefined ? undefined : this.#options.rooms.get(roomId)?.fanout;
    const encoded = renderDirect(receiver.dialect, event, fanout?.view);
    this.#options.metrics.messagesSent.labels(event.type).inc();
    if (fanout === undefined) receiver.reply(encoded);
    else fanout.reply(receiver, encoded);
  }

  admit(session: Session, principal: Principal): void {
    session.phase = { kind: 'open', principal, warned: false };
    // While it was decided what it may do.
    if (this.#options.isRevoked(principal)) this.close(session, 'TOKEN_REVOKED');
  }

  /** Takes a session out of a room. */
  dismiss(session: Session, membership: Membership, why: Dismissal): void {
    const { roomId, userId } = membership;
    membership.phase = 'leaving';
    const { reason } = why;
    this.tellLeave({ roomId, userId, connectionId: session.id, reason });
    const ref = why.reason === 'left' && why.ref !== undefined ? { ref: why.ref } : {};
    const code = why.reason === 'forbidden' ? { code: why.code } : {};
    const by = { connection: session.id, userId, ...ref };
    this.#options.rooms.submit(roomId, { type: 'leave', at: this.#options.clock.now(), by, reason, ...code });
  }

  /** Takes from a session what it has selected in a room, where it may not write any more. */
  letGo({ id: connection }: Session, { roomId }: Membership): void {
    const { clock, rooms } = this.#options;
    const { selections = new Map() } = rooms.get(roomId)?.state ?? {};
    for (const thing of claimsOf(selections, connection))
      rooms.submit(roomId, { type: 'expire', at: clock.now(), connection, thing });
  }

  /** Its connection broke off: it may come back within the grace, and nobody has to see that it was away. */
  lose(session: Session, principal: Principal): void {
    const { clock, heartbeatGraceMs } = this.#options;
    const { userId } = principal;
    const graceEnds = session.heardAt + heartbeatGraceMs;
    if (userId === undefined || graceEnds <= clock.monotonic()) return this.end(session, 'timeout');
    session.phase = { kind: 'lost', principal, graceEnds };
    const lost = this.#lost.get(userId) ?? new Set();
    this.#lost.set(userId, lost.add(session));
  }

  /** A lost session is not coming back. False: there is none of this id. */
  endLost(connectionId: string): boolean {
    const session = this.#byId.get(connectionId);
    if (session?.phase.kind !== 'lost') return false;
    this.end(session, 'disconnected');
    return true;
  }

  /** The session's stay is over in all its rooms. */
  end(session: Session, reason: LeaveReason): void {
    if (session.phase.kind === 'lost') this.#forgetLost(session, session.phase.principal.userId);
    session.phase = { kind: 'ended' };
    const at = this.#options.clock.now();
    for (const { roomId, userId, phase } of session.memberships.values()) {
      const by = { connection: session.id, userId };
      // Who leaves already was told of when it began.
      if (phase !== 'leaving') this.tellLeave({ roomId, userId, connectionId: session.id, reason });
      this.#options.rooms.submit(roomId, { type: 'leave', at, by, reason });
    }
    session.memberships.clear();
    this.#byId.delete(session.id);
  }

  /** Ends the session, and its connection with a close that says why. */
  close(session: Session, name: CloseName, advice: CloseAdvice = {}): void {
    if (session.phase.kind === 'ended') return;
    this.end(session, name === 'HEARTBEAT_TIMEOUT' ? 'timeout' : 'disconnected');
    this.closeConnection(session.receiver.connection, name, advice);
  }

  closeConnection(connection: Connection, name: CloseName, advice: CloseAdvice = {}): void {
    this.#options.metrics.closes.labels(name).inc();
    connection.close(closes[name].code, closeReason(name, advice));
  }

  /** Whoever goes, goes: nothing that the program does wrong, then or later, changes that. */
  async tellLeave(occasion: Occasion & { reason: LeaveReason }): Promise<void> {
    try {
      await this.#options.hooks?.leave?.(occasion);
    } catch (error) {
      this.#options.logger.error({ err: error, roomId: occasion.roomId }, 'a leave hook failed');
    }
  }

  #forgetLost(session: Session, userId: string | undefined): void {
    if (userId === undefined) return;
    const lost = this.#lost.get(userId);
    lost?.delete(session);
    if (lost?.size === 0) this.#lost.delete(userId);
  }
}

/** Who it is, also while its connection is lost. */
export function identityOf({ phase }: Session): Principal | undefined {
  return phase.kind === 'open' || phase.kind === 'lost' ? phase.principal : undefined;
}
