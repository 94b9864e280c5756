import { LRUCache } from 'lru-cache';
import type { Parts } from '../assembly/parts.ts';
import { latestFlush } from '../fanout/flushes.ts';
import type { Ticker } from '../fanout/ticker.ts';
import type { Happenings } from '../happenings.ts';
import type { Nodes } from '../log/nodes.ts';
import type { Occupied } from '../occupied.ts';
import type { Recovery } from '../recovery/recovery.ts';
import { roomLimitsOf } from '../room/entry.ts';
import type { Listeners } from '../sessions/listeners.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Transport } from '../transport/connection.ts';
import { atOnce, createAppendBeat } from './append-beat.ts';
import { Rooms, type RoomsOptions } from './rooms.ts';

export interface CreateRoomsOptions extends Parts, Pick<RoomsOptions, 'rejoin'> {
  nodeId: string;
  nodes: Nodes;
  ticker: Ticker;
  happenings: Happenings;
  recovery(): Recovery;
  listeners(): Listeners;
  sessions(): Sessions;
  /** Undefined where nobody wants to know what happens in rooms. */
  occupied(): Occupied | undefined;
  publish: Transport['publish'];
}

/** A room whose log fails is tried again every second: so long nothing is said of it for the same reason. */
const SAID_FOR_MS = 60_000;
const MOST_SAID = 10_000;

/** The rooms, with what is noted of them: in the log of the process, its metrics, and for those who come back. */
export function createRooms(options: CreateRoomsOptions): Rooms {
  const {
    config,
    clock,
    logger,
    metrics,
    log,
    nodeId,
    nodes,
    ticker,
    happenings,
    recovery,
    listeners,
    sessions,
    occupied,
    publish,
  } = options;
  const said = new LRUCache<string, string>({
    max: MOST_SAID,
    ttl: SAID_FOR_MS,
    ttlResolution: 0,
    // To the package a time of 0 is none.
    perf: { now: () => clock.monotonic() + 1 },
  });
  const rooms: Rooms = new Rooms({
    onEffects: happenings.onEffects,
    lockTtlMs: config.lockTtlMs,
    session: (connectionId) => sessions().get(connectionId),
    onOpened: (room) => listeners().opened(room),
    onRenewing: (room) => listeners().renewing(room),
    rejoin: options.rejoin,
    leave(session, membership) {
      const { roomId, phase } = membership;
      // It is in there anew, or has left by itself.
      if (session.memberships.get(roomId) !== membership || phase === 'leaving') return;
      rooms.get(roomId)?.fanout?.detach(session.id);
      recovery().left(session.id, roomId);
      sessions().dismiss(session, membership, { reason: 'left', ref: undefined });
    },
    lostSessions: (userId, roomId) => sessions().lostIn(userId, roomId),
    onSent: (type) => metrics.messagesSent.labels(type).inc(),
    onRefused: (code) => metrics.errors.labels(code).inc(),
    onJoined(session, { roomId, user }, place, view) {
      logger.info({ roomId, userId: user.userId, connection: session.id }, 'joined');
      occupied()?.entered(roomId);
      if (view === undefined) return undefined;
      return recovery().joined(session, roomId, { user, epoch: view.epoch, ...place, flush: latestFlush() });
    },
    onLeft(connection, { roomId, userId, phase }, reason) {
      logger.info({ roomId, userId, connection }, 'left');
      recovery().left(connection, roomId);
      // Who gives way to another: all others were told of when they began to leave.
      if (reason === 'kicked' && phase !== 'leaving')
        sessions().tellLeave({ roomId, userId, connectionId: connection, reason });
      const session = sessions().get(connection);
      if (session?.hears?.roomId === roomId) listeners().forget(session);
    },
    onFault: (roomId, entry, error) => logger.error({ roomId, entry, err: error }, 'the fold failed'),
    onReleased: (roomId) => occupied()?.released(roomId),
    onEnded(roomId, error, isLoss) {
      if (isLoss) logger.warn({ roomId, err: error }, 'the log of a room has to be read anew');
      else logger.debug({ roomId }, 'another node has forgotten a room that held nothing');
    },
    onOpenFailed(roomId, error) {
      if (said.get(roomId) === error.message) return;
      said.set(roomId, error.message);
      logger.error({ roomId, err: error }, 'the log of a room failed');
    },
    room: {
      log,
      clock,
      nodeId,
      nodes,
      roomLimits: roomLimitsOf(config.limits),
      maxWaiting: config.limits.MAX_WAITING_ENTRIES,
      snapshotEntries: config.limits.SNAPSHOT_ENTRIES,
      snapshotTurn: { taken: false },
      beat: log.isCostly ? createAppendBeat(clock, config.tickMs) : atOnce,
      onAppended: (entries, durationMs) => {
        metrics.appendedEntries.inc(entries);
        metrics.append.observe(durationMs / 1000);
      },
      onHeard: (entries) => metrics.heardEntries.inc(entries),
      onMissed: () => metrics.missed.inc(),
      fanout: {
        ticker,
        publish: (topic, frame, except) => {
          metrics.framesSent.inc();
          metrics.bytesSent.inc(frame.length);
          publish(topic, frame, except);
        },
        monotonic: () => clock.monotonic(),
        onSent: (type) => metrics.messagesSent.labels(type).inc(),
        onFlush: (durationMs) => metrics.tick.observe(durationMs / 1000),
      },
    },
  });
  return rooms;
}
