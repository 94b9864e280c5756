import { WebSocket } from 'ws';
import type { TextOperation } from '../../protocol/index.ts';
import type { Message } from '../support/wire.ts';
import { RoomReplica } from './room-replica.ts';

export interface ModelClientOptions {
  /** Where the server is at present; undefined: nowhere. */
  port(): number | undefined;
  userId: string;
  rooms: readonly string[];
  /** Batch frames (`tandem.v1`) instead of one message a frame. */
  batch: boolean;
  /** Comes back when the connection is lost. Default true. */
  reconnects?: boolean;
  onFrame?(at: number): void;
  onMessage?(message: Message, at: number): void;
}

interface Outgoing {
  readonly roomId: string;
  readonly command: Message;
  sent: boolean;
  answered(answer: Message): void;
}

/**
 * A client as the protocol describes one: comes back when its connection is lost, resumes each room where it
 * stood, and sends again, in order and with the same opId, what was not acknowledged.
 */
export class ModelClient {
  readonly rooms = new Map<string, RoomReplica>();
  /** Commands that were not answered yet, oldest first, by opId. */
  readonly outbox = new Map<string, Outgoing>();
  /** Answers that were not an `ack`. */
  readonly refusals: Message[] = [];
  connections = 0;
  /** Of each time that it came back: milliseconds from the attempt that succeeded to the answer in all rooms. */
  readonly resumes: number[] = [];
  resent = 0;
  socket: WebSocket | undefined;
  readonly faults: string[] = [];
  readonly #options: ModelClientOptions;
  readonly #joined = new Set<string>();
  readonly #asked = new Map<string, (answer: Message) => void>();
  readonly #watchers = new Set<() => void>();
  #syncing = false;
  #resumed = (): unknown => undefined;
  #ids = 0;
  #ended = false;

  constructor(options: ModelClientOptions) {
    this.#options = options;
    for (const roomId of options.rooms) this.rooms.set(roomId, new RoomReplica(roomId));
    this.#connect();
  }

  get userId(): string {
    return this.#options.userId;
  }

  /** The first of its rooms. */
  get room(): RoomReplica {
    return this.rooms.values().next().value as RoomReplica;
  }

  /** In all its rooms. */
  get joined(): boolean {
    return this.#joined.size === this.rooms.size;
  }

  get allFaults(): string[] {
    const rooms = [...this.rooms.values()].flatMap((room) => room.faults);
    return [...this.faults, ...rooms].map((fault) => `${this.userId}: ${fault}`);
  }

  newId(): string {
    this.#ids += 1;
    return `${this.userId}/${this.#ids}`;
  }

  /** Sends an ordered command until it is answered, and resolves with the answer. */
  submit(command: Message, roomId = this.room.roomId): Promise<Message> {
    const opId = this.newId();
    return new Promise((answered) => {
      const sent = this.#joined.has(roomId);
      const outgoing = { roomId, command: { ...command, roomId, opId }, sent, answered };
      this.outbox.set(opId, outgoing);
      if (sent) this.send(outgoing.command);
    });
  }

  /** Inserts text; one operation of a client's own is under way at a time. */
  insert(
    documentId: string,
    position: number,
    inserted: string,
    roomId = this.room.roomId,
  ): Promise<Message> {
    const text = this.rooms.get(roomId)?.text(documentId);
    if (text === undefined || text.pending !== undefined) throw new Error('not now');
    const operation: TextOperation = position === 0 ? [inserted] : [position, inserted];
    const answer = this.submit({ type: 'operation', documentId, operation, version: text.version }, roomId);
    text.began(`${this.userId}/${this.#ids}`, operation);
    return answer;
  }

  /** Sends once, if connected. */
  send(message: Message): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Sends with a ref and resolves with its answer; for what may be asked again. */
  ask(message: Message): Promise<Message> {
    const ref = this.newId();
    return new Promise((answered) => {
      this.#asked.set(ref, answered);
      this.send({ ...message, ref });
    });
  }

  /** Resolves once the condition holds; looks after every message. */
  until(condition: () => boolean, what: string, withinMs = 300_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`${this.userId}: not within ${withinMs} ms: ${what}`));
      }, withinMs);
      // Who is gone before that keeps nobody waiting.
      timer.unref();
      const look = () => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Goes, with a goodbye or without, and does not come back. */
  end(goodbye = true): void {
    this.#ended = true;
    if (goodbye) this.socket?.close(1000);
    else this.socket?.terminate();
  }

  #connect(): void {
    const port = this.#options.port();
    if (port === undefined) return this.#comeBack();
    const protocols = this.#options.batch ? ['tandem.v1'] : [];
    const begun = performance.now();
    this.#resumed = () => this.resumes.push(performance.now() - begun);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols);
    this.socket = socket;
    socket.on('open', () => {
      this.connections += 1;
      for (const room of this.rooms.values()) this.#join(room);
    });
    socket.on('message', (bytes) => this.#frame(bytes.toString()));
    socket.on('error', () => {});
    socket.on('close', (_code, reason) => {
      this.#joined.clear();
      this.#syncing = false;
      if (this.#options.reconnects !== false) this.#comeBack(advisedIn(`${reason}`));
      this.#look();
    });
  }

  #comeBack(advisedMs = 0): void {
    if (this.#ended) return;
    setTimeout(() => !this.#ended && this.#connect(), advisedMs + 20 + Math.random() * 130);
  }

  #join({ roomId, since }: RoomReplica): void {
    const user = { userId: this.userId, name: this.userId };
    this.send({ type: 'join', roomId, user, scene: true, ...(since === undefined ? {} : { since }) });
  }

  #frame(frame: string): void {
    const at = performance.now();
    this.#options.onFrame?.(at);
    const parsed = JSON.parse(frame) as Message | Message[];
    for (const message of Array.isArray(parsed) ? parsed : [parsed]) {
      this.#receive(message);
      this.#options.onMessage?.(message, at);
    }
    this.#look();
  }

  #look(): void {
    for (const look of [...this.#watchers]) look();
  }

  #receive(message: Message): void {
    const room = this.rooms.get(message.roomId);
    room?.receive(message);
    const asked = this.#asked.get(message.ref);
    if (asked !== undefined) {
      this.#asked.delete(message.ref);
      asked(message);
      return;
    }
    if (message.type === 'ack' && message.op === 'join') this.#entered(message);
    else if (message.type === 'ack' || message.type === 'error' || message.type === 'conflict') {
      this.#answered(message);
    }
    for (const [documentId, text] of room?.texts ?? []) {
      if (!text.stuck || this.#syncing) continue;
      this.#syncing = true;
      this.ask({ type: 'requestSync', roomId: message.roomId, documentId }).then(() => {
        this.#syncing = false;
      });
    }
  }

  #entered({ roomId, epoch, version, offset }: Message): void {
    const room = this.rooms.get(roomId);
    if (room === undefined) return;
    if (room.epoch !== undefined && room.epoch !== epoch) this.faults.push(`the epoch changed to ${epoch}`);
    if (version < room.version || offset < room.offset) this.faults.push(`${roomId} lost what was seen`);
    room.epoch = epoch;
    this.#joined.add(roomId);
    if (this.joined && this.connections > 1) this.#resumed();
    for (const outgoing of this.outbox.values()) {
      if (outgoing.roomId !== roomId) continue;
      if (outgoing.sent) this.resent += 1;
      outgoing.sent = true;
      this.send(outgoing.command);
    }
  }

  #answered(answer: Message): void {
    if (answer.type !== 'ack') this.refusals.push(answer);
    const outgoing = this.outbox.get(answer.opId);
    if (outgoing === undefined) return;
    const { roomId, command } = outgoing;
    for (const [opId, one] of this.outbox) {
      if (one.roomId !== roomId) continue;
      if (opId !== answer.opId) this.faults.push(`the answer to ${answer.opId} came before that to ${opId}`);
      break;
    }
    this.outbox.delete(answer.opId);
    if (command.type === 'operation' && answer.type === 'ack') {
      this.rooms.get(roomId)?.text(command.documentId).acknowledged(answer.opId, answer.version);
    }
    outgoing.answered(answer);
  }
}

/** What the reason of a close says of when to come back. [CL1] */
function advisedIn(reason: string): number | undefined {
  return reason === '' ? undefined : JSON.parse(reason).retryAfterMs;
}
