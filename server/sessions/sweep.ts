import type { CloseName } from '../../protocol/index.ts';
import type { DirectEvent } from '../dialect/events.ts';
import type { Session } from '../dispatch/session.ts';
import type { Entry, LeaveReason } from '../room/entry.ts';

/** What a sweep may do. */
export interface Duties {
  readonly heartbeatGraceMs: number;
  now(): number;
  monotonic(): number;
  close(session: Session, name: CloseName): void;
  end(session: Session, reason: LeaveReason): void;
  answer(session: Session, event: DirectEvent): void;
  submit(roomId: string, entry: Entry): void;
}

/** `auth_expiring` is sent this long before. */
const EXPIRY_NOTICE_MS = 60_000;

/** Ends what ends by time for a session: its arrival, its grace, its locks, its token, its patience. */
export function sweep(session: Session, duties: Duties): void {
  const now = duties.monotonic();
  const { phase } = session;
  switch (phase.kind) {
    case 'ended':
      return;
    case 'arriving':
      if (now >= phase.deadline) duties.close(session, 'CONNECT_TIMEOUT');
      return;
    case 'lost':
      if (now >= phase.graceEnds) duties.end(session, 'timeout');
      else expireLocks(session, now, duties);
      return;
    case 'open':
      session.receiver.checkDrain();
      expireLocks(session, now, duties);
      checkToken(session, phase, duties);
      if (!session.receiver.dialect.framing.isWatched && now - session.heardAt >= duties.heartbeatGraceMs) {
        duties.close(session, 'HEARTBEAT_TIMEOUT');
      }
  }
}

function expireLocks(session: Session, now: number, duties: Duties): void {
  for (const { roomId, locks } of session.memberships.values()) {
    for (const [thing, endsAt] of locks ?? []) {
      if (now < endsAt) continue;
      locks?.delete(thing);
      duties.submit(roomId, { type: 'expire', at: duties.now(), connection: session.id, thing });
    }
  }
}

function checkToken(
  session: Session,
  phase: Extract<Session['phase'], { kind: 'open' }>,
  duties: Duties,
): void {
  const { principal } = phase;
  if (principal.kind !== 'user' || principal.expiresAt === undefined) return;
  const inMs = principal.expiresAt - duties.now();
  if (inMs <= 0) duties.close(session, 'TOKEN_EXPIRED');
  else if (inMs <= EXPIRY_NOTICE_MS && !phase.warned) {
    phase.warned = true;
    duties.answer(session, { type: 'authExpiring', expiresAt: principal.expiresAt, inMs });
  }
}
