import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { hasDialect } from '../dialect/vocabularies/socket-io/dialects.ts';
import { FLOOD_FACTOR } from '../dispatch/rate-limit.ts';
import type { ApplicationParts } from '../embedding/application.ts';
import { createNamespaces } from '../embedding/namespaces.ts';
import type { Logger } from '../logger.ts';
import { newId } from '../new-id.ts';
import type { Peers } from '../peers/peers.ts';
import type { Suspicion } from '../sessions/suspicion.ts';
import { clientAddressBehind } from '../transport/client-address.ts';
import type { ConnectionHandler, HttpHandler, Transport, TransportOptions } from '../transport/connection.ts';
import { createTransport } from '../transport/create.ts';
import { createEngineIoTransport } from '../transport/engine-io/engine-io.ts';
import type { SocketHandler } from '../transport/socket-io/socket.ts';
import { createSocketIoHandler } from '../transport/socket-io/socket-io.ts';
import type { ServerOptions } from './server-options.ts';

export interface OpenTransportOptions {
  readonly options: ServerOptions;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Undefined: there are no other nodes. */
  readonly peers: Peers | undefined;
  /** Whom connections are for, native ones and those of the namespaces that have a vocabulary. */
  readonly handler: ConnectionHandler & SocketHandler;
  readonly http: HttpHandler;
  readonly publish: ApplicationParts['publish'];
  readonly suspicion: Suspicion;
  /** Whether the server is on its way down, or not yet up. */
  isLeaving(): boolean;
}

/** WebSockets, and Socket.IO on them and on long-polling. */
export function openTransport(given: OpenTransportOptions): Promise<Transport> {
  const { options, logger, clock, peers, handler, http, publish, suspicion, isLeaving } = given;
  const { config } = options;
  const { limits, rates } = config;
  const applications = options.applications ?? [];
  const own = (name: string) => (hasDialect(name) ? handler : undefined);
  const socketIo = createSocketIoHandler({
    clock,
    namespace: createNamespaces(applications, own, { clock, logger, publish }),
    connectTimeoutMs: config.connectTimeoutMs,
    maxAttachmentBytes: limits.MAX_FRAME_BYTES,
    // Applications take what comes.
    maxEventBytes: (to) => (to === handler ? limits.MAX_MESSAGE_BYTES : Number.POSITIVE_INFINITY),
    maxUncounted: { count: rates.commands.count * FLOOD_FACTOR, windowMs: rates.commands.windowMs },
    flooded: (address) => suspicion('FLOOD', { address }),
    newId,
  });
  const mount = {
    path: '/socket.io/',
    handler: socketIo,
    options: {
      pingIntervalMs: config.pingIntervalMs,
      pingTimeoutMs: config.pingTimeoutMs,
      maxPayloadBytes: limits.MAX_FRAME_BYTES,
      cors: { origins: config.corsOrigins, credentials: true },
      ...options.socketIo,
    },
  };
  return createEngineIoTransport(
    { clock, peers, mounts: [mount, ...(options.engineIo ?? [])] },
    {
      paths: ['/', '/ws'],
      maxBufferedBytes: limits.MAX_BUFFERED_BYTES,
      maxFrameBytes: limits.MAX_FRAME_BYTES,
      handler,
      http,
      sharesPort: config.sharesPort,
      isLeaving,
      clientAddress: clientAddressBehind(config.trustedProxies),
      newId,
    },
    options.transport ?? ((parts) => chooseTransport(config, logger, parts)),
  );
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
