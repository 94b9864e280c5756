import { type CloseName, closes, type ErrorCode, Refusal } from '../../protocol/index.ts';
import type { Config } from '../config.ts';
import { credentialOf } from '../dispatch/credentials.ts';
import type { Return } from '../dispatch/handlers/rejoining.ts';
import type { VerifyToken } from '../dispatch/principal.ts';
import type { Session } from '../dispatch/session.ts';
import type { Claimed } from '../fanout/position.ts';
import type { Logger } from '../logger.ts';
import type { Metrics } from '../metrics.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { Handshake } from '../transport/connection.ts';
import { identityOf, type Sessions } from './sessions.ts';
import type { Suspicion } from './suspicion.ts';

/** Keys that could not be fetched are tried again after about this. */
const KEYS_RETRY_MS = 5000;

export interface ArrivalOptions {
  /** Lets a session hear its user's own room, where its vocabulary has one. */
  listen(session: Session, since?: Claimed): void;
  recovery: Recovery;
  /** Takes a session back into rooms, where it may and `begin` agrees, and tells whether it is back. */
  rejoin(
    session: Session,
    returns: readonly Return[],
    own: readonly string[],
    begin: () => boolean,
  ): Promise<boolean>;
  config: Config;
  sessions: Sessions;
  logger: Logger;
  metrics: Metrics;
  verifyToken: VerifyToken;
  suspicion: Suspicion;
}

/**
 * Lets a connection in: with the token of its opening request, as a guest where that is allowed, or for now
 * without either, until an `auth` message.
 *
 * @returns a decision that is still being taken, for which what the connection sends has to wait
 */
export function arrive(
  session: Session,
  handshake: Handshake,
  options: ArrivalOptions,
): Promise<void> | undefined {
  const { config, sessions } = options;
  const credential = credentialOf(handshake, { cookieName: 'token', allowedOrigins: config.corsOrigins });
  if (credential === undefined) {
    // In a namespace of Socket.IO nobody is heard before being let in.
    if (config.auth === 'required' && handshake.namespace !== undefined) {
      sessions.close(session, 'UNAUTHENTICATED');
      return undefined;
    }
    if (config.auth === 'optional') sessions.admit(session, { kind: 'guest', userId: undefined });
    welcome(session, options);
    return undefined;
  }
  if ('token' in credential) return enter(session, credential.token, handshake, options);
  options.suspicion(credential.refused, session);
  sessions.close(session, credential.refused);
  return undefined;
}

async function enter(
  session: Session,
  token: string,
  { namespace, recovery }: Handshake,
  options: ArrivalOptions,
): Promise<void> {
  const { sessions, suspicion, metrics } = options;
  try {
    const verified = options.verifyToken(token);
    // Who is let in at once is welcomed with what opens the connection, in one system call.
    const user = verified instanceof Promise ? await verified : verified;
    if (session.phase.kind !== 'arriving') return;
    sessions.admit(session, user);
    if (identityOf(session) === undefined) return;
    // Elsewhere than in Socket.IO the join of a client says where it stands.
    const isStay = namespace !== undefined && session.receiver.dialect.framing.mark !== undefined;
    if (!isStay) welcome(session, options);
    else await comeBack(session, user.userId, recovery, options);
  } catch (error) {
    const code = error instanceof Refusal && isClose(error.code) ? error.code : 'TOKEN_INVALID';
    suspicion(code, session);
    metrics.errors.labels(code).inc();
    if (session.phase.kind !== 'arriving') return;
    sessions.answer(session, { type: 'error', code });
    sessions.close(session, code, code === 'KEYS_UNAVAILABLE' ? { retryAfterMs: KEYS_RETRY_MS } : {});
  }
}

/** Back to the rooms that it was in, where it can be told all that it missed; else as one who is new. */
async function comeBack(
  session: Session,
  userId: string,
  asked: Handshake['recovery'],
  options: ArrivalOptions,
): Promise<void> {
  const { recovery, rejoin, logger } = options;
  const failed = (error: unknown) => {
    if (!(error instanceof Refusal)) logger.error({ err: error, userId }, 'an authorizer failed');
  };
  const found = asked === undefined ? undefined : await recovery.resume(session, userId, asked);
  const begin = () => {
    // The connection may have ended meanwhile.
    if (session.phase.kind !== 'open' || !found?.take()) return false;
    sayWelcome(session, options, asked?.pid);
    options.listen(session, found.returns.find((one) => one.roomId === heard)?.since);
    return true;
  };
  const heard = session.receiver.dialect.vocabulary.roomOf?.(userId);
  const joined = found?.returns.filter((one) => one.roomId !== heard) ?? [];
  const isBack = found && (await rejoin(session, joined, found.own, begin).catch(failed));
  if (isBack !== true && session.phase.kind === 'open')
    welcome(session, options, recovery.begin(session, asked?.mark));
}

function isClose(code: ErrorCode): code is ErrorCode & CloseName {
  return Object.hasOwn(closes, code);
}

function welcome(session: Session, options: ArrivalOptions, pid?: string): void {
  sayWelcome(session, options, pid);
  options.listen(session);
}

/** @param pid of a stay to which the session can come back */
function sayWelcome(session: Session, options: ArrivalOptions, pid?: string): void {
  const { config, sessions, logger } = options;
  const { id, address, receiver } = session;
  const { userId } = identityOf(session) ?? {};
  logger.info({ connection: id, dialect: receiver.dialect.name, userId, address }, 'connected');
  const { heartbeatMs, heartbeatGraceMs, tickMs, limits } = config;
  sessions.answer(session, {
    type: 'welcome',
    ...(pid === undefined ? {} : { pid }),
    connectionId: session.id,
    userId,
    terms: { heartbeatMs, heartbeatGraceMs, tickMs, limits: { ...limits } },
  });
}
