import { openBackend } from './assembly/open-backend.ts';
import { openHttp } from './assembly/open-http.ts';
import { openPeers } from './assembly/open-peers.ts';
import { openStore, type Store } from './assembly/open-store.ts';
import { openStreams } from './assembly/open-streams.ts';
import { openTransport } from './assembly/open-transport.ts';
import { openPermission } from './assembly/permission.ts';
import type { Server, ServerOptions } from './assembly/server-options.ts';
import { systemClock } from './clock.ts';
import { BATCH_PROTOCOL, createDialects } from './dialect/vocabularies/dialects.ts';
import { createTicker } from './fanout/ticker.ts';
import { openHappenings } from './happenings.ts';
import { Hub } from './hub.ts';
import { createRooms } from './live/create-rooms.ts';
import { connectionsOf, createMetrics } from './metrics.ts';
import { newId } from './new-id.ts';
import { openOccupied } from './occupied.ts';
import { openPages } from './open-pages.ts';
import type { OpenPeers } from './peers/create-peers.ts';
import { openRecovery, type Recovery } from './recovery/recovery.ts';
import { handOver } from './sessions/handover.ts';
import { Listeners } from './sessions/listeners.ts';
import { createSuspicion } from './sessions/suspicion.ts';
import { createHttpServer, type HttpServer } from './transport/http-server.ts';
import { wireOf } from './transport/socket-io/socket-io.ts';

const SWEEP_MS = 1000;

/**
 * Puts a server together and starts it: the only place that names implementations. Rejects with a LogError,
 * or an error with `code` EADDRINUSE, EACCES, EADDRNOTAVAIL.
 */
export async function createServer(options: ServerOptions): Promise<Server> {
  const store = await openStore(options);
  const opened: Opened[] = [store.log];
  try {
    return await assemble(options, store, opened);
  } catch (error) {
    // Nothing of it goes on, and the data directory is free for the next attempt.
    for (const one of opened.reverse()) await one.close().catch(() => {});
    throw error;
  }
}

type Opened = Pick<Server, 'close'>;

/** @param opened gets what has to be closed where a later step fails */
async function assemble(options: ServerOptions, { log, join }: Store, opened: Opened[]): Promise<Server> {
  const { config, logger, clock = systemClock, random = Math.random } = options;
  const nodeId = newId();
  let state: 'starting' | 'ready' | 'leaving' | 'closing' = 'starting';
  const metrics = createMetrics({
    connections: () => connectionsOf(hub.sessions.all()),
    rooms: () => rooms.size,
    members: () => rooms.members,
    lagging: () => hub.sessions.lagging,
    bufferedBytes: () => hub.sessions.bufferedBytes,
    waitingEntries: () => rooms.waiting,
    isWritable: () => log.writable(),
    nodes: () => nodes.others + 1,
    nodeId,
  });
  const ticker = createTicker(clock, config.tickMs);
  const parts = { config, clock, log, logger, metrics, newId };
  let onGone = (_node: string): void => {};
  let onLeft = async (_node: string): Promise<boolean> => false;
  let peers: OpenPeers | undefined;
  const nodes = await join({
    nodeId,
    onGone: (node) => onGone(node),
    onLeft: (node) => onLeft(node),
    onMail: (message) => peers?.receive(message),
  });
  opened.push(nodes);
  peers = openPeers({ config, clock, metrics, nodeId, nodes });
  const happenings = await openHappenings({ ...parts, nodeId, random, listener: options.onHappening });
  opened.push(happenings);
  const rooms = createRooms({
    ...parts,
    nodeId,
    nodes,
    ticker,
    happenings,
    sessions: () => hub.sessions,
    rejoin: (...whom) => hub.rejoin(...whom),
    recovery: () => recovery,
    listeners: () => listeners,
    occupied: () => occupied,
    publish: (topic, frame, except) => transport.publish(topic, frame, wireOf(except)),
  });
  const open = (roomId: string) => rooms.load(roomId);
  const occupied = happenings.onEffects && (await openOccupied({ ...parts, nodeId, open }));
  if (occupied !== undefined) opened.push(occupied);
  const permission = await openPermission({ ...parts, application: options.authorize });
  const { directory, authorize, verifyToken, revoke } = permission;
  const suspicion = createSuspicion(logger, metrics, clock);
  const recovery: Recovery = await openRecovery({ ...parts, nodeId, nodes, rooms });
  const listeners = new Listeners({
    log,
    ticker,
    rooms,
    onListening: (...heard) => recovery.joined(...heard),
  });
  onGone = (node) => {
    logger.info({ node }, 'another node is gone');
    rooms.nodeGone(node);
    recovery.nodeGone(node);
    peers?.gone(node);
    occupied?.nodeGone(node);
  };
  onLeft = async (node) => {
    const done = await Promise.allSettled([happenings.adopt(node), occupied?.adopt(node) ?? true]);
    return done.every((one) => one.status === 'fulfilled' && one.value);
  };
  const dialectOf = createDialects((error, type) =>
    logger.error({ err: error, type }, 'a message cannot be told'),
  );
  const hub = new Hub({
    ...parts,
    nodeId,
    rooms,
    recovery,
    listeners,
    permission,
    suspicion,
    hooks: options.hooks,
    newId,
    random,
    subprotocols: [BATCH_PROTOCOL],
    onAnalytics(events, from) {
      metrics.analyticsEvents.inc(events.length);
      const done: unknown = options.onAnalytics?.(events, from);
      Promise.resolve(done).catch((error) => logger.error({ err: error }, 'analytics failed'));
    },
    dialectOf,
  });
  permission.watch(hub.sessions);
  const { backend, calls, ...ofBackend } = await openBackend({
    ...parts,
    rooms,
    sessions: hub.sessions,
    peers,
  });
  const streams = openStreams({
    config,
    clock,
    hub,
    onGoodbye: (connectionId) => hub.sessions.endLost(connectionId),
    newId,
    random,
    peers,
  });
  opened.push(streams);
  const http = openHttp({
    ...parts,
    ready: () => state === 'ready' && log.writable(),
    revoke,
    suspicion,
    closing: () => state === 'closing',
    backend,
    projects: directory,
    clients: streams.clients,
    natives: streams.natives,
    verifyToken,
    authorize,
  });
  const pages = await openPages({ config, logger, metrics });
  const sockets = await openTransport({
    options,
    logger,
    clock,
    peers,
    handler: hub,
    http: pages?.(http.all) ?? http.all,
    publish: (topic, frame, except) => transport.publish(topic, frame, wireOf(except)),
    suspicion,
    isLeaving: () => state !== 'ready',
  });
  const transport = streams.join(sockets);
  const stopSweep = clock.every(SWEEP_MS, () => {
    hub.sweep();
    rooms.sweep();
    recovery.sweep();
    listeners.sweep();
    permission.sweep();
    ofBackend.sweep();
  });
  let health: HttpServer | undefined;
  let healthPort: number | undefined;
  let closed: Promise<void> | undefined;
  const leaving = new Set<string>();
  const close = (alsoLeaving: Iterable<string> = []): Promise<void> => {
    for (const node of alsoLeaving) leaving.add(node);
    closed ??= end();
    return closed;
  };

  async function end(): Promise<void> {
    state = 'leaving';
    const others = () => [...(nodes.mail?.others() ?? [])].filter((node) => !leaving.has(node)).length;
    if (config.handoverMs > 0 && others() > 0) {
      const { stopListening } = transport;
      // No balancer chooses among those that share a port.
      if (config.sharesPort) stopListening();
      logger.info({ others: others() }, 'handing over');
      const settled = () => rooms.settled();
      await handOver({ ...config, clock, sessions: hub.sessions, random, others, settled, stopListening });
    }
    state = 'closing';
    transport.stopListening();
    occupied?.stop();
    hub.refuse();
    // What was accepted is acknowledged before anybody is sent away.
    await rooms.settle();
    stopSweep();
    hub.drain();
    await rooms.close();
    await occupied?.close();
    await happenings.close();
    await ofBackend.close();
    await recovery.close();
    await permission.close();
    ticker.close();
    await transport.close();
    await health?.close();
    await peers?.close();
    await nodes.close();
    await log.close();
  }

  // All of it, in its own order.
  opened.splice(0, opened.length, { close });
  const port = await transport.listen(config.host, config.port);
  if (config.healthPort !== undefined) {
    health = createHttpServer(http.process);
    healthPort = await health.listen(config.host, config.healthPort);
  }
  state = 'ready';
  void occupied?.resume();
  return {
    ...calls,
    nodeId,
    port,
    healthPort,
    hasPages: pages !== undefined,
    projects: directory,
    revoke,
    close,
  };
}
