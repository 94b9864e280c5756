import { RoomReplica } from '../../e2e/room-replica.ts';
import type { Random } from '../../simulation/random.ts';
import type { Message } from '../../support/wire.ts';
import type { Line, OpenLine } from './lines.ts';
import { answerOf, Seen } from './seen.ts';

export interface NativeClientOptions {
  readonly name: string;
  readonly userId: string;
  readonly rooms: readonly string[];
  readonly random: Random;
  /** Opens a connection to some node that lives. */
  readonly open: OpenLine;
}

interface Outgoing {
  readonly roomId: string;
  readonly command: Message;
}

/** Refusals after which the same may be tried again: the log is away, or others took this node for dead. */
const PASSING = new Set(['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'NOT_JOINED']);
const RETRY_MS = 200;
const HEARTBEAT_MS = 1500;
export const MOST_OUTSTANDING = 40;

/**
 * A client of the native protocol: comes back at whatever node it is sent to, resumes each room where it stood,
 * and repeats what was not answered, or was refused for a while, with the same opId.
 */
export class NativeClient {
  readonly rooms = new Map<string, RoomReplica>();
  readonly seen = new Map<string, Seen>();
  /** Commands with an opId that were not answered for good, oldest first. */
  readonly outbox = new Map<string, Outgoing>();
  /** Rooms that it is in, as far as it was told. */
  readonly joined = new Set<string>();
  /** Rooms that it wants to be in. */
  readonly wanted: Set<string>;
  connections = 0;
  /** How often each code was refused. */
  readonly refusals = new Map<string, number>();
  readonly #options: NativeClientOptions;
  readonly #asked = new Map<string, Message>();
  readonly #beating: NodeJS.Timeout;
  #line: Line | undefined;
  #isOpen = false;
  #ids = 0;
  #ended = false;

  constructor(options: NativeClientOptions) {
    const { rooms, name, userId } = options;
    this.#options = options;
    this.wanted = new Set(rooms);
    for (const roomId of rooms) {
      this.rooms.set(roomId, new RoomReplica(roomId));
      this.seen.set(roomId, new Seen(name, userId));
    }
    this.#beating = setInterval(() => this.#beat(), HEARTBEAT_MS);
    this.#connect();
  }

  get name(): string {
    return this.#options.name;
  }

  get userId(): string {
    return this.#options.userId;
  }

  get isSettled(): boolean {
    return this.outbox.size === 0 && [...this.wanted].every((roomId) => this.joined.has(roomId));
  }

  /** An ordered command that is sent until it is answered. */
  submit(roomId: string, command: Message): string {
    const opId = `${this.name}-${this.#newId()}`;
    this.outbox.set(opId, { roomId, command: { ...command, roomId, opId } });
    if (this.joined.has(roomId)) this.#send(this.outbox.get(opId)?.command as Message);
    return opId;
  }

  /** A command whose outcome is only seen in the room. */
  say(roomId: string, command: Message): void {
    if (this.joined.has(roomId)) this.#send({ ...command, roomId });
  }

  enter(roomId: string): void {
    this.wanted.add(roomId);
    this.#join(roomId);
  }

  leave(roomId: string): void {
    this.wanted.delete(roomId);
    this.#send({ type: 'leave', roomId });
  }

  /** Loses its connection, or gives it up with a goodbye; comes back some time later. */
  part(goodbye: boolean): void {
    // It may be on its way back already.
    if (this.#line === undefined) return;
    this.#line.end(goodbye);
    this.#lost();
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#beating);
    this.#line?.end(true);
  }

  #newId(): string {
    this.#ids += 1;
    return String(this.#ids);
  }

  #connect(): void {
    if (this.#ended) return;
    const line = this.#options.open({
      opened: () => {
        if (this.#line !== line) return;
        this.connections += 1;
        this.#isOpen = true;
        for (const roomId of this.wanted) this.#join(roomId);
      },
      received: (message) => this.#line === line && this.#receive(message),
      closed: () => this.#line === line && this.#lost(),
    });
    this.#line = line;
    if (line === undefined) this.#lost();
  }

  #lost(): void {
    this.#line = undefined;
    this.#isOpen = false;
    this.joined.clear();
    this.#asked.clear();
    setTimeout(() => this.#connect(), 20 + this.#options.random.below(150));
  }

  #beat(): void {
    for (const roomId of this.joined) this.#send({ type: 'heartbeat', roomId });
  }

  #join(roomId: string): void {
    const since = this.rooms.get(roomId)?.since;
    const user = { userId: this.userId };
    this.#send({ type: 'join', roomId, user, scene: true, ...(since && { since }) });
  }

  #send(command: Message): void {
    if (!this.#isOpen) return;
    const ref = `${this.name}#${this.#newId()}`;
    this.#asked.set(ref, command);
    this.#line?.send({ ...command, ref });
  }

  #receive(message: Message): void {
    const room = this.rooms.get(message.roomId);
    const seen = this.seen.get(message.roomId);
    if (message.type === 'error' && message.ref === undefined)
      this.#anySeen.fault(`was told ${JSON.stringify(message)}`);
    if (message.ref !== undefined) this.#answered(message);
    if (room === undefined || seen === undefined) return;
    room.receive(message);
    if (message.type === 'sceneState' || message.type === 'sceneDelta')
      seen.scene(room.version, room.manifest);
    if (message.type === 'selection_state') seen.selection(message.selected);
    if (message.type === 'presence') seen.presence(message.users);
    for (const [id, text] of room.texts) {
      seen.text(id, text.version, text.text);
      if (text.stuck) this.#askFor(message.roomId, id);
    }
  }

  get #anySeen(): Seen {
    return this.seen.values().next().value as Seen;
  }

  /** What has become of an own text operation cannot be told from what came. */
  #askFor(roomId: string, documentId: string): void {
    const isAsked = [...this.#asked.values()].some(
      (one) => one.documentId === documentId && one.type === 'requestSync',
    );
    if (!isAsked) this.#send({ type: 'requestSync', roomId, documentId });
  }

  #answered(message: Message): void {
    const { ref, code, type } = message;
    const command = this.#asked.get(ref);
    // A select has an ack and, where somebody else holds the lock, a conflict; and a refusal may be taken back.
    if (command === undefined) return this.#anySeen.fault(`was answered unasked: ${JSON.stringify(message)}`);
    const { roomId, opId } = command;
    if (type === 'syncResponse' || command.type === 'requestSync') this.#asked.delete(ref);
    if (code !== undefined) this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    if (command.type === 'join') return this.#entered(command, message);
    if (command.type === 'heartbeat' || command.type === 'requestSync') return;
    this.seen.get(roomId)?.answers.push({ ref, opId, answer: answerOf(message) });
    if (command.type === 'leave' && type === 'ack') this.joined.delete(roomId);
    if (command.type === 'leave' && this.wanted.has(roomId)) this.#join(roomId);
    if (opId === undefined || !this.outbox.has(opId)) return;
    if (PASSING.has(code)) return this.#later(opId);
    this.outbox.delete(opId);
    if (command.type !== 'operation') return;
    const text = this.rooms.get(roomId)?.text(command.documentId);
    if (type === 'ack') text?.acknowledged(opId, message.version);
    else text?.refused(opId);
  }

  #later(opId: string): void {
    const outgoing = this.outbox.get(opId);
    const line = this.#line;
    if (outgoing === undefined) return;
    setTimeout(() => {
      const isDue = this.#line === line && this.joined.has(outgoing.roomId) && this.outbox.has(opId);
      if (isDue) this.#send(outgoing.command);
    }, RETRY_MS);
  }

  #entered({ roomId }: Message, { type, code, epoch, version, offset }: Message): void {
    const room = this.rooms.get(roomId) as RoomReplica;
    if (type !== 'ack') {
      if (!PASSING.has(code)) this.#anySeen.fault(`could not join: ${code}`);
      if (this.#options.random.chance(0.5)) return this.part(false);
      const line = this.#line;
      setTimeout(() => this.#line === line && this.wanted.has(roomId) && this.#join(roomId), RETRY_MS);
      return;
    }
    if (epoch !== undefined) {
      if (room.epoch !== undefined && room.epoch !== epoch) this.#anySeen.fault(`another epoch: ${epoch}`);
      if (version < room.version || offset < room.offset)
        this.#anySeen.fault(
          `${roomId} lost what was seen: ${version}/${offset} at ${room.version}/${room.offset}`,
        );
      room.epoch = epoch;
    }
    if (this.joined.has(roomId)) return;
    this.joined.add(roomId);
    if (!this.wanted.has(roomId)) return this.#send({ type: 'leave', roomId });
    for (const outgoing of this.outbox.values()) if (outgoing.roomId === roomId) this.#send(outgoing.command);
  }
}
