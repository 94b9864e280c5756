import type { Clock } from '../clock.ts';
import type { EventPacket } from '../dialect/framings/socket-io.ts';
import { encodeConnect } from '../dialect/framings/socket-io-encode.ts';
import type { Logger } from '../logger.ts';
import type { Transport } from '../transport/connection.ts';
import type { Socket, SocketHandler } from '../transport/socket-io/socket.ts';
import { type AnyEvents, ApplicationSocket, type EventsOf, type Guarded } from './application-socket.ts';
import { Rooms } from './rooms.ts';

/** A namespace of Socket.IO with events of the embedding program's own. */
export interface Application<Events extends EventsOf<Events> = AnyEvents> {
  /** Its name, with a `/` in front, or what tells whether a name is one of it. Goes before Tandem's own. */
  readonly namespace: string | ((name: string) => boolean);
  /** Lets a client in, or throws or rejects: the client then finds a `connect_error`, see {@link Refused}. */
  readonly admit?: (request: Request) => void | Promise<void>;
  /** A client was let in. What is to be heard of it has to be said before this returns. */
  readonly connected: (socket: ApplicationSocket<Events>, namespace: Broadcasts) => void;
}

/** What is known of a client that wants to be let in. */
export interface Request {
  readonly namespace: string;
  /** The raw query string, without `?`. */
  readonly query: string;
  /** What the client handed in with its wish to be let in. */
  readonly auth: Readonly<Record<string, unknown>>;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly address: string;
}

/**
 * Why a client is not let in, as it finds it in its `connect_error`: any other error says nothing of itself, and
 * neither does one whose `data` cannot be written as JSON.
 */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly data: unknown;
  constructor(message: string, data?: unknown) {
    super(message);
    this.data = data;
  }
}

export interface Broadcast {
  emit(event: string, ...args: unknown[]): void;
}

export interface Broadcasts extends Broadcast {
  /** Everybody in a room. */
  to(room: string): Broadcast;
}

export interface ApplicationParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publish: Transport['publish'];
}

/** Serves one namespace to an application. */
export function createNamespace(
  name: string,
  { admit, connected }: Application,
  { clock, logger, publish }: ApplicationParts,
): SocketHandler {
  const rooms = new Rooms(name, publish);
  const broadcasts: Broadcasts = { ...rooms.broadcast(), to: (room) => rooms.broadcast(room) };

  /** A fault of the application's is the application's own: nobody else is disturbed. */
  const guarded: Guarded = async (action) => {
    try {
      await action();
    } catch (error) {
      failed(logger, name, error);
    }
  };

  function enter(socket: Socket, request: Request): void {
    const sent = socket.send(encodeConnect(name, { sid: socket.id }));
    if (socket.isEnded) return;
    if (sent === 'dropped') return socket.terminate();
    const client = new ApplicationSocket({ socket, request, rooms, clock, guarded });
    socket.state = client;
    rooms.enter(socket);
    guarded(() => connected(client, broadcasts));
  }

  function refuse(socket: Socket, error: unknown): void {
    try {
      if (!(error instanceof Refused)) throw error;
      socket.refuse({ message: error.message, data: error.data });
    } catch (fault) {
      failed(logger, name, fault);
      socket.refuse({ message: 'Internal error' });
    }
  }

  return {
    opened(socket, { query, headers = {}, address, auth = {} }) {
      const request = { namespace: name, query, headers, address, auth };
      try {
        const decision = admit?.(request);
        if (!decision) enter(socket, request);
        else decision.then(() => enter(socket, request)).catch((error: unknown) => refuse(socket, error));
      } catch (error) {
        refuse(socket, error);
      }
    },
    event(socket, { data: [event, ...args], id }: EventPacket) {
      clientOf(socket)?.received(String(event), args, id);
    },
    acknowledged(socket, { id, data }) {
      clientOf(socket)?.answered(id, data);
    },
    // Events are gone for good, and a client that has missed some has to come back rather than to go on.
    dropped: (connection) => connection.terminate(),
    drained() {},
    closed(connection) {
      clientOf(connection)?.left();
    },
  };
}

export function failed(logger: Logger, namespace: string, error: unknown): void {
  logger.error({ err: error, namespace }, 'an application failed');
}

function clientOf({ state }: { state: unknown }): ApplicationSocket | undefined {
  return state instanceof ApplicationSocket ? state : undefined;
}
