import type { MessageOf } from '../../protocol/index.ts';
import { Connection } from './connection.ts';
import type { Status } from './connection-types.ts';
import { errorOf, TandemError } from './error.ts';
import { Events } from './events.ts';
import { type ConnectOptions, termsOf } from './options.ts';
import { Room } from './room.ts';
import type { User } from './room-types.ts';
import type { TransportName } from './transport.ts';
import { onWake } from './wake.ts';

export interface ClientEvents {
  status: Status;
  /** Without a connection for 5 s. */
  lost: undefined;
  /**
   * It has ended for good (`status` is `closed`), as with IDENTITY_MISMATCH, where a token or cookie of another user
   * comes: that user needs a new client. Or a token could not be had, or was refused, and is asked for again; or
   * something that nothing waits for was refused.
   */
  error: TandemError;
  notification: MessageOf<'notification'>;
}

export interface JoinOptions {
  /** What the others see of this user: name, colour, own fields. A guest needs a `userId`. */
  user?: User;
}

/** Own connections that are remembered, to know again what they said. */
const KEPT_CONNECTIONS = 100;

/** One connection at a time to a server, and the rooms that are kept up to date over it. */
export class Client extends Events<ClientEvents> {
  readonly #connection: Connection;
  readonly #terms;
  readonly #rooms = new Map<string, Room>();
  readonly #own: unknown[] = [];
  readonly #endWake = onWake(() => this.#connection.wake());

  /** @internal */
  constructor(url: string, options: ConnectOptions) {
    super();
    this.#terms = termsOf(options);
    this.#connection = new Connection(url, options, this.#terms);
    const { events } = this.#connection;
    events.on('status', (status) => this.#became(status));
    events.on('lost', () => this.emit('lost', undefined));
    events.on('error', (error) => this.emit('error', error));
    events.on('message', (message) => this.#received(message));
    if (options.lazy !== true) this.#connection.start();
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** What the connection goes over, or will at the next attempt. */
  get transport(): TransportName {
    return this.#connection.transport;
  }

  /** Of the latest heartbeat; undefined before the first. */
  get roundTripMs(): number | undefined {
    return this.#connection.roundTripMs;
  }

  /** The rooms that are joined, or about to be. */
  get rooms(): ReadonlyMap<string, Room> {
    return this.#rooms;
  }

  /** The room of this id, joined once however often it is asked for; `room.joined` tells when. */
  join(roomId: string, options?: JoinOptions): Room {
    const room = this.#rooms.get(roomId) ?? this.enter(this.prepare(roomId, options));
    if (this.status === 'closed') throw closed();
    return room;
  }

  /** A room that nobody hears of, and that costs nothing, before `enter`. @internal */
  prepare(roomId: string, { user = {} }: JoinOptions = {}): Room {
    const own = this.#own;
    return new Room(
      roomId,
      user,
      {
        connection: this.#connection,
        isOwn: (connectionId) => own.includes(connectionId),
        left: (left) => void (this.#rooms.get(roomId) === left && this.#rooms.delete(roomId)),
      },
      this.#terms,
    );
  }

  /** Joins what was prepared; returns the room that is joined, where it is another one. @internal */
  enter(room: Room): Room {
    const known = this.#rooms.get(room.id);
    if (known !== undefined) return known;
    if (this.status === 'closed') room.closed(closed());
    else {
      this.#connection.start();
      this.#rooms.set(room.id, room);
      if (this.status === 'open') room.connected();
    }
    return room;
  }

  /** Tries to connect at once, where it waits for the next attempt. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Says goodbye. What waits for an answer is rejected with CLOSED. */
  close(): void {
    this.#connection.close();
  }

  #became(status: Status): void {
    if (status === 'closed') this.#endWake();
    for (const room of [...this.#rooms.values()]) {
      if (status === 'open') room.connected();
      else if (status === 'closed') room.closed(closed());
      else room.disconnected();
    }
    // A listener of a room may have closed it.
    if (this.status === status) this.emit('status', status);
  }

  #received(message: Readonly<Record<string, unknown>>): void {
    if (message.type === 'welcome') {
      this.#own.push(message.connectionId);
      if (this.#own.length > KEPT_CONNECTIONS) this.#own.shift();
    } else if (message.type === 'notification') {
      this.emit('notification', message as unknown as MessageOf<'notification'>);
    } else if (typeof message.roomId === 'string') this.#rooms.get(message.roomId)?.received(message);
    else if (message.type === 'error' && message.op !== 'auth') {
      // An id that cannot be one of a room is not repeated.
      const isOf = (room: Room) => message.ref !== undefined && room.answered(message);
      if (![...this.#rooms.values()].some(isOf)) this.emit('error', errorOf(message));
    }
  }
}

const closed = () => new TandemError('CLOSED', 'The client was closed.');
