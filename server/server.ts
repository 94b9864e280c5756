import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { createBackend } from './create-backend.ts';
import { BATCH_PROTOCOL, dialectOf } from './dialect/vocabularies/dialects.ts';
import { hasDialect } from './dialect/vocabularies/socket-io/dialects.ts';
import { createVerifyToken } from './dispatch/authentication.ts';
import { createNamespaces } from './embedding/namespaces.ts';
import { placeOf } from './fanout/position.ts';
import { createTicker } from './fanout/ticker.ts';
import { Hub } from './hub.ts';
import { openDurableMap } from './log/durable-map.ts';
import { openLmdbLog } from './log/lmdb.ts';
import type { Log } from './log/log.ts';
import { createMemoryLog } from './log/memory.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { openHttp } from './open-http.ts';
import { openStreams } from './open-streams.ts';
import { openPermission } from './permission.ts';
import { Recovery, STAYS, type Stay } from './recovery.ts';
import { roomLimitsOf } from './room/entry.ts';
import { Rooms } from './rooms.ts';
import type { Server, ServerOptions } from './server-options.ts';
import type { Transport, TransportOptions } from './transport/connection.ts';
import { createTransport } from './transport/create.ts';
import { createEngineIoTransport } from './transport/engine-io/engine-io.ts';
import { createHttpServer, type HttpServer } from './transport/health.ts';
import { createSocketIoHandler, wireOf } from './transport/socket-io/socket-io.ts';

const SWEEP_MS = 1000;

/**
 * Puts a server together and starts it: the only place that names implementations. Rejects with a LogError,
 * or an error with `code` EADDRINUSE, EACCES, EADDRNOTAVAIL.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const { config, logger, clock = systemClock, random = Math.random } = options;
  const { limits } = config;
  const nodeId = newId();
  const log = options.log ?? (await openLog(config, clock));
  let state: 'starting' | 'ready' | 'draining' = 'starting';
  const metrics = createMetrics({
    rooms: () => rooms.size,
    members: () => rooms.members,
    lagging: () => hub.lagging,
    bufferedBytes: () => hub.sessions.bufferedBytes,
  });
  const ticker = createTicker(clock, config.tickMs);
  const rooms = new Rooms({
    lockTtlMs: config.lockTtlMs,
    session: (connectionId) => hub.sessions.get(connectionId),
    onSent: (type) => metrics.messagesSent.labels(type).inc(),
    onJoined(session, { roomId, user }, view) {
      logger.info({ roomId, userId: user.userId, connection: session.id }, 'joined');
      if (view === undefined) return;
      recovery.joined(session, roomId, { user, epoch: view.epoch, ...placeOf(view.state) });
    },
    onLeft(connection, { roomId, userId }) {
      logger.info({ roomId, userId, connection }, 'left');
      recovery.left(connection, roomId);
    },
    onFault: (roomId, entry, error) => logger.error({ roomId, entry, err: error }, 'the fold failed'),
    onOpenFailed: (roomId, error) => logger.error({ roomId, err: error }, 'the log of a room failed'),
    room: {
      log,
      clock,
      nodeId,
      roomLimits: roomLimitsOf(limits),
      maxWaiting: limits.MAX_WAITING_ENTRIES,
      snapshotEntries: limits.SNAPSHOT_ENTRIES,
      onAppended: (entries, durationMs) => {
        metrics.appendedEntries.inc(entries);
        metrics.append.observe(durationMs / 1000);
      },
      fanout: {
        ticker,
        publish: (topic, frame, except) => {
          metrics.framesSent.inc();
          metrics.bytesSent.inc(frame.length);
          transport.publish(topic, frame, wireOf(except));
        },
        monotonic: () => clock.monotonic(),
        onSent: (type) => metrics.messagesSent.labels(type).inc(),
        onFlush: (durationMs) => metrics.tick.observe(durationMs / 1000),
      },
    },
  });
  const stays = await openDurableMap<Stay>(log, STAYS);
  const verifyToken = createVerifyToken({
    keys: config.keys,
    issuer: config.issuer,
    audience: config.audience,
    clock,
    fetchFailed: (error) => logger.error({ err: error }, 'the keys for tokens cannot be fetched'),
  });
  const { directory, authorize } = await openPermission({
    log,
    logger,
    snapshotEntries: limits.SNAPSHOT_ENTRIES,
    application: options.authorize,
    sessions: () => hub.sessions,
  });
  const recovery = new Recovery({ clock, stays, newId, rooms: () => rooms });
  const hub = new Hub({
    config,
    clock,
    logger,
    metrics,
    nodeId,
    rooms: () => rooms,
    recovery,
    authorize,
    hooks: options.hooks,
    verifyToken,
    newId,
    random,
    subprotocols: [BATCH_PROTOCOL],
    onAnalytics(events, from) {
      metrics.analyticsEvents.inc(events.length);
      options.onAnalytics?.(events, from);
    },
    dialectOf: ({ handshake }) => dialectOf(handshake),
  });
  const { backend, calls, ...ofBackend } = createBackend({
    config,
    clock,
    log,
    rooms,
    sessions: hub.sessions,
    newId,
  });
  const streams = openStreams({ config, clock, hub, newId, random });
  const http = openHttp({
    config,
    logger,
    clock,
    metrics,
    ready: () => state === 'ready' && log.writable(),
    closing: () => state === 'draining',
    backend,
    projects: directory,
    clients: streams.clients,
    verifyToken,
    authorize,
  });
  const makeTransport = options.transport ?? ((parts) => chooseTransport(config, logger, parts));
  const socketIo = createSocketIoHandler({
    clock,
    namespace: createNamespaces(options.applications ?? [], (name) => (hasDialect(name) ? hub : undefined), {
      clock,
      logger,
      publish: (topic, frame, except) => transport.publish(topic, frame, wireOf(except)),
    }),
    connectTimeoutMs: config.connectTimeoutMs,
    maxAttachmentBytes: limits.MAX_FRAME_BYTES,
    newId,
  });
  const sockets = await createEngineIoTransport(
    {
      clock,
      mounts: [
        {
          path: '/socket.io/',
          handler: socketIo,
          options: {
            pingIntervalMs: config.pingIntervalMs,
            pingTimeoutMs: config.pingTimeoutMs,
            maxPayloadBytes: limits.MAX_FRAME_BYTES,
            cors: { origins: config.corsOrigins, credentials: true },
            ...options.socketIo,
          },
        },
        ...(options.engineIo ?? []),
      ],
    },
    {
      paths: ['/', '/ws'],
      maxBufferedBytes: limits.MAX_BUFFERED_BYTES,
      maxFrameBytes: limits.MAX_FRAME_BYTES,
      handler: hub,
      http: http.all,
      newId,
    },
    makeTransport,
  );
  const transport = streams.join(sockets);
  const stopSweep = clock.every(SWEEP_MS, () => {
    hub.sweep();
    rooms.sweep();
    recovery.sweep();
  });
  let health: HttpServer | undefined;
  let healthPort: number | undefined;
  let port: number;

  async function close(): Promise<void> {
    state = 'draining';
    transport.stopListening();
    hub.refuse();
    // What was accepted is acknowledged before anybody is sent away.
    await rooms.settle();
    stopSweep();
    hub.drain();
    await rooms.close();
    await ofBackend.close();
    await stays.close();
    await directory.close();
    ticker.close();
    await transport.close();
    await health?.close();
    await log.close();
  }

  try {
    port = await transport.listen(config.host, config.port);
    if (config.healthPort !== undefined) {
      health = createHttpServer(http.process);
      healthPort = await health.listen(config.host, config.healthPort);
    }
  } catch (error) {
    await close();
    throw error;
  }
  state = 'ready';
  return { ...calls, port, healthPort, projects: directory, close };
}

async function chooseTransport(config: Config, logger: Logger, parts: TransportOptions): Promise<Transport> {
  const { kind, transport } = await createTransport(config.transport, parts);
  if (kind === 'ws' && config.transport === undefined) {
    logger.warn(
      'µWebSockets.js has no binary for this platform; serving with the ws package, which is slower',
    );
  }
  return transport;
}

function openLog(config: Config, clock: Clock): Promise<Log> {
  if (config.store === 'memory') return Promise.resolve(createMemoryLog());
  return openLmdbLog({ directory: config.dataDir, clock });
}

/** 128 random bits. */
function newId(): string {
  return randomBytes(16).toString('base64url');
}
