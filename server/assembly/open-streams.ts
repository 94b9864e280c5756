import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Peers } from '../peers/peers.ts';
import type { ConnectionHandler, Transport } from '../transport/connection.ts';
import { EventStreams, withEventStreams } from '../transport/event-stream/event-streams.ts';
import { HttpClients } from '../transport/event-stream/http-clients.ts';
import { NativeStreams } from '../transport/event-stream/native-streams.ts';

export interface OpenStreamsOptions {
  config: Config;
  clock: Clock;
  hub: ConnectionHandler;
  onGoodbye(connectionId: string): boolean;
  newId(): string;
  random(): number;
  peers: Peers | undefined;
}

/** Event streams: for the routes that open them, and for a transport whose topics shall reach them. */
export function openStreams({ config, clock, hub, onGoodbye, newId, random, peers }: OpenStreamsOptions): {
  clients: HttpClients;
  natives: NativeStreams;
  join(transport: Transport): Transport;
  /** Ends them all, also those that no transport was joined to. */
  close(): Promise<void>;
} {
  const { heartbeatMs, limits } = config;
  const streams = new EventStreams({
    handler: hub,
    onGoodbye,
    clock,
    heartbeatMs,
    maxBufferedBytes: limits.MAX_BUFFERED_BYTES,
    maxMessageBytes: limits.MAX_MESSAGE_BYTES,
    newId,
    random,
  });
  return {
    clients: new HttpClients(streams, peers),
    natives: new NativeStreams(streams, newId, peers),
    join: (transport) => withEventStreams(transport, streams),
    close: async () => streams.close(),
  };
}
