import { encodeBinaryEvent } from '../dialect/framings/socket-io-encode.ts';
import type { Connection, Transport } from '../transport/connection.ts';
import type { Socket } from '../transport/socket-io/socket.ts';
import type { Broadcast } from './application.ts';

/** Everybody in the namespace. */
const ALL = '';

/** The rooms of one namespace: topics of the transport, so that one encoding reaches all. */
export class Rooms {
  readonly #namespace: string;
  readonly #publish: Transport['publish'];

  constructor(namespace: string, publish: Transport['publish']) {
    this.#namespace = namespace;
    this.#publish = publish;
  }

  enter(socket: Socket): void {
    socket.subscribe(this.#topic(ALL));
  }

  join(socket: Socket, room: string): void {
    socket.subscribe(this.#topic(room));
  }

  leave(socket: Socket, room: string): void {
    if (room !== ALL) socket.unsubscribe(this.#topic(room));
  }

  /** Out of the namespace, and so out of those that were joined. */
  exit(socket: Socket, joined: Iterable<string>): void {
    for (const room of [ALL, ...joined]) socket.unsubscribe(this.#topic(room));
  }

  broadcast(room = ALL, except?: Connection): Broadcast {
    return {
      emit: (event, ...args) => {
        const [text, ...attachments] = encodeBinaryEvent(this.#namespace, event, args);
        const topic = this.#topic(room);
        this.#publish(topic, text, except);
        for (const binary of attachments) this.#publish(topic, { binary }, except);
      },
    };
  }

  #topic(room: string): string {
    return `application ${this.#namespace}\n${room}`;
  }
}
