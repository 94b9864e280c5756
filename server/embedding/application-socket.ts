import type { Clock } from '../clock.ts';
import { encodeBinaryAck, encodeBinaryEvent } from '../dialect/framings/socket-io-encode.ts';
import type { Socket } from '../transport/socket-io/socket.ts';
import { sendOff } from '../transport/socket-io/socket-io.ts';
import type { Broadcast, Request } from './application.ts';
import type { Rooms } from './rooms.ts';

/** The arguments of events, by their names. No Record, as interfaces would be none. */
export type EventsOf<Names> = { readonly [Name in keyof Names]: readonly unknown[] };
export type AnyEvents = Readonly<Record<string, readonly unknown[]>>;

type Handler = (...args: never) => void;

export interface ApplicationSocketParts {
  readonly socket: Socket;
  readonly request: Request;
  readonly rooms: Rooms;
  readonly clock: Clock;
  readonly guarded: Guarded;
}

/** Does what the application wants done; where that fails, then or later, it is logged, and that is all. */
export type Guarded = (action: () => unknown) => void;

/** A question that waits for its answer. */
interface Asked {
  answered(answer: unknown[]): void;
  hasLeft(): void;
  cancel(): void;
}

const ANSWER_WITHIN_MS = 10_000;

/** A client of an application's own namespace. That it sends what `Events` says is taken on trust. */
export class ApplicationSocket<Events extends EventsOf<Events> = AnyEvents> {
  /** For the application's own use. */
  readonly data: Record<string, unknown> = {};
  readonly request: Request;
  readonly #socket: Socket;
  readonly #rooms: Rooms;
  readonly #clock: Clock;
  readonly #guarded: Guarded;
  readonly #handlers = new Map<string, Handler[]>();
  readonly #asked = new Map<number, Asked>();
  readonly #farewells: (() => void)[] = [];
  readonly #joined = new Set<string>();
  #asks = 0;
  #isGone = false;

  constructor({ socket, request, rooms, clock, guarded }: ApplicationSocketParts) {
    this.#guarded = guarded;
    this.#socket = socket;
    this.request = request;
    this.#rooms = rooms;
    this.#clock = clock;
  }

  get id(): string {
    return this.#socket.id;
  }

  /**
   * Calls `handler` with the arguments of each such event; binary comes as Uint8Array. Where the client waits
   * for an answer, the last argument is a function that sends it. Where no `Events` are named, what a handler
   * says of its arguments is taken on trust, and those of which it says nothing are `unknown`.
   */
  on<Name extends keyof Events & string, Args extends Events[Name]>(
    event: Name,
    handler: (...args: Args) => void,
  ): this {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
    return this;
  }

  /** Called once, when the client has left or was sent away; at once, where it has already. */
  onDisconnect(handler: () => void): this {
    if (this.#isGone) this.#guarded(handler);
    else this.#farewells.push(handler);
    return this;
  }

  /**
   * Throws where the name is reserved or the arguments cannot be encoded, see `encodeBinaryEvent`. To a client that
   * has left nothing is sent.
   */
  emit(event: string, ...args: unknown[]): this {
    this.#send(encodeBinaryEvent(this.#socket.namespace, event, args));
    return this;
  }

  /**
   * Emits an event and resolves with the arguments of its answer. Rejects where none comes in time (10 s by
   * default), or the client leaves.
   */
  ask(event: string, args: readonly unknown[], withinMs = ANSWER_WITHIN_MS): Promise<unknown[]> {
    this.#asks += 1;
    const id = this.#asks;
    const encoded = encodeBinaryEvent(this.#socket.namespace, event, args, id);
    return new Promise((resolve, reject) => {
      const hasLeft = () => reject(new Error(`the client left before it answered ${event}`));
      if (this.#isGone) return hasLeft();
      const cancel = this.#clock.after(withinMs, () => {
        this.#asked.delete(id);
        reject(new Error(`no answer to ${event} within ${withinMs} ms`));
      });
      this.#asked.set(id, { answered: resolve, hasLeft, cancel });
      this.#send(encoded);
    });
  }

  /** Does nothing where the client has left, as does `leave`. */
  join(room: string): this {
    if (this.#isGone) return this;
    this.#joined.add(room);
    this.#rooms.join(this.#socket, room);
    return this;
  }

  leave(room: string): this {
    // Its connection may have come back to the namespace, and to the room.
    if (this.#isGone) return this;
    this.#joined.delete(room);
    this.#rooms.leave(this.#socket, room);
    return this;
  }

  /** Everybody in a room but this client. */
  to(room: string): Broadcast {
    return this.#rooms.broadcast(room, this.#socket);
  }

  /** Out of the namespace or, with `true`, off the server: out of all its namespaces. It does not come back by itself. */
  disconnect(all = false): void {
    if (all) sendOff(this.#socket.engine);
    else this.#socket.disconnect();
  }

  // --- What the namespace tells

  received(event: string, args: readonly unknown[], id: number | undefined): void {
    const answer = (...answers: unknown[]) => {
      this.#send(encodeBinaryAck(this.#socket.namespace, id as number, answers));
    };
    const all = id === undefined ? args : [...args, once(answer)];
    for (const handler of this.#handlers.get(event) ?? []) this.#guarded(() => handler(...(all as never)));
  }

  answered(id: number, answer: unknown[]): void {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.cancel();
    asked?.answered(answer);
  }

  left(): void {
    this.#isGone = true;
    // The connection lives on with its other namespaces.
    this.#rooms.exit(this.#socket, this.#joined);
    for (const { cancel, hasLeft } of this.#asked.values()) {
      cancel();
      hasLeft();
    }
    this.#asked.clear();
    for (const farewell of this.#farewells.splice(0)) this.#guarded(farewell);
  }

  #send([text, ...attachments]: [text: string, ...attachments: Uint8Array[]]): void {
    if (this.#isGone) return;
    const frames = [text, ...attachments.map((binary) => ({ binary }))];
    // Half a packet, or a gap, would be worse than a client that comes back.
    if (frames.some((frame) => this.#socket.send(frame) === 'dropped')) this.#socket.terminate();
  }
}

function once(answer: (...answers: unknown[]) => void): (...answers: unknown[]) => void {
  let isAnswered = false;
  return (...answers) => {
    if (isAnswered) return;
    isAnswered = true;
    answer(...answers);
  };
}
