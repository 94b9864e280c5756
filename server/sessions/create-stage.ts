import type { Stage } from '../dispatch/stage.ts';
import type { HubOptions } from '../hub.ts';
import type { Sessions } from './sessions.ts';

export type CreateStageOptions = Pick<
  HubOptions,
  'config' | 'clock' | 'nodeId' | 'permission' | 'hooks' | 'newId' | 'rooms' | 'recovery' | 'onAnalytics'
> & { sessions: Sessions; listen: Stage['listen'] };

/** What handlers may do, on what this node has. */
export function createStage(options: CreateStageOptions): Stage {
  const { config, clock, nodeId, permission, hooks, newId, rooms, recovery, onAnalytics, sessions, listen } =
    options;
  return {
    limits: config.limits,
    maxRoomUsers: ({ receiver }) =>
      config.maxRoomUsers ?? receiver.dialect.vocabulary.maxRoomUsers ?? config.limits.MAX_ROOM_USERS,
    lockTtlMs: config.lockTtlMs,
    nodeId,
    authorize: permission.authorize,
    revision: permission.revision,
    verifyToken: permission.verifyToken,
    critical: config.critical,
    hooks,
    now: clock.now,
    monotonic: clock.monotonic,
    newId,
    submit: (roomId, entry) => rooms.submit(roomId, entry),
    expect: (session, join) => rooms.expect(session, join),
    signal: (session, roomId, kind, thing, command) =>
      rooms.get(roomId)?.fanout?.signal(session.id, kind, thing, command),
    sync: (session, roomId, request) => rooms.sync(session, roomId, request),
    lostSessions: (userId, roomId) => sessions.lostIn(userId, roomId),
    answer: (session, event, roomId) => sessions.answer(session, event, roomId),
    analytics: onAnalytics,
    admit: (session, principal) => sessions.admit(session, principal),
    listen,
    departing: (session, roomId) => recovery.left(session.id, roomId),
    dismiss: (session, membership, why) => sessions.dismiss(session, membership, why),
    letGo: (session, membership) => sessions.letGo(session, membership),
  };
}
