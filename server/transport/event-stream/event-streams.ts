import type { Clock } from '../../clock.ts';
import { encodeStreamEvent } from '../../dialect/framings/event-stream.ts';
import type { Connection, ConnectionHandler, Frame, Handshake, Transport } from '../connection.ts';
import { createDropReports, type DropReports } from '../drop-reports.ts';
import { isBinaryFrame } from '../frame.ts';
import { Topics } from '../topics.ts';
import { EventStream } from './event-stream.ts';

export interface EventStreamsOptions {
  readonly handler: ConnectionHandler;
  /** The client of a stream that broke off is not coming back. False: nobody waited for it. */
  readonly onGoodbye: (connectionId: string) => boolean;
  readonly clock: Clock;
  readonly heartbeatMs: number;
  readonly maxBufferedBytes: number;
  readonly maxMessageBytes: number;
  readonly newId: () => string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Clients come back so long after their stream has ended, each after another time. */
const RETRY_MS = 1000;
const RETRY_SPREAD_MS = 4000;

/** All clients of HTTP. What is published reaches them here: to a transport their streams are responses. */
export class EventStreams {
  readonly #options: EventStreamsOptions;
  readonly #topics = new Topics<EventStream>();
  readonly #all = new Map<string, EventStream>();
  readonly #drops: DropReports;
  readonly #stopBeats: () => void;

  constructor(options: EventStreamsOptions) {
    const { handler, clock, heartbeatMs } = options;
    this.#options = options;
    this.#drops = createDropReports((stream, frame) => handler.dropped(stream, frame));
    this.#stopBeats = clock.every(heartbeatMs, () => {
      if (this.#all.size === 0) return;
      const beat = Buffer.from(encodeStreamEvent({ event: 'heartbeat', data: { timestamp: clock.now() } }));
      for (const stream of this.#all.values()) stream.beat(beat);
    });
  }

  /**
   * Opens a connection; where it has a stream, it is the body of a response that is still to be given.
   *
   * @param greeting an event that comes before all others
   */
  open(handshake: Handshake, ended: (stream: EventStream) => void, greeting = ''): EventStream {
    const { handler, maxBufferedBytes, maxMessageBytes, newId, random } = this.#options;
    const stream = new EventStream({
      id: newId(),
      isSilent: handshake.stream === 'none',
      handler,
      topics: this.#topics,
      drops: this.#drops,
      maxBufferedBytes,
      maxMessageBytes,
      // Clients are told when to come back once the stream has ended.
      head: `retry: ${Math.round(RETRY_MS + random() * RETRY_SPREAD_MS)}\n\n${greeting}`,
      ended: (one) => {
        this.#all.delete(one.id);
        ended(one);
      },
    });
    this.#all.set(stream.id, stream);
    handler.opened(stream, handshake);
    return stream;
  }

  /** Whether it has neither ended nor broken off. */
  has(id: string): boolean {
    return this.#all.has(id);
  }

  /** The client says goodbye, maybe after its stream has broken off. False: it was gone. */
  leave(id: string): boolean {
    const stream = this.#all.get(id);
    if (stream === undefined) return this.#options.onGoodbye(id);
    stream.leave();
    return true;
  }

  publish(topic: string, frame: Frame, except: Connection | undefined): void {
    let bytes: Uint8Array | undefined;
    for (const stream of this.#topics.of(topic)) {
      if (stream === except || isBinaryFrame(frame)) continue;
      bytes ??= typeof frame === 'string' ? Buffer.from(frame) : frame;
      stream.publish(bytes);
    }
  }

  /** Ends them all. */
  close(): void {
    this.#stopBeats();
    for (const stream of [...this.#all.values()]) stream.terminate();
  }
}

/** A transport whose topics reach event streams, too. */
export function withEventStreams(transport: Transport, streams: EventStreams): Transport {
  return {
    publish(topic, frame, except) {
      transport.publish(topic, frame, except instanceof EventStream ? undefined : except);
      streams.publish(topic, frame, except);
    },
    listen: (host, port) => transport.listen(host, port),
    stopListening: () => transport.stopListening(),
    async close() {
      streams.close();
      await transport.close();
    },
  };
}
