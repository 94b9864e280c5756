import type { Socket } from 'socket.io-client';
import type { Random } from '../../simulation/random.ts';
import type { Message } from '../../support/wire.ts';
import { openSocketLine, type SocketLineOptions } from './socket-line.ts';

const WITHIN_MS = 20_000;
const RETRY_MS = 200;

/** A Socket.IO client of the rooms vocabulary: it talks, and hears what is said and written. */
export class RoomClient {
  readonly userId: string;
  readonly roomId: string;
  readonly faults: string[] = [];
  readonly refusals = new Map<string, number>();
  /** What it heard without a break, stretch by stretch: `message {id}`, or `{document} {version}` of a text. */
  readonly stretches: string[][] = [[]];
  /** Words that were acknowledged; those of which no answer came may have been said, or not. */
  readonly said: string[] = [];
  readonly perhaps: string[] = [];
  connections = 0;
  recoveries = 0;
  readonly #socket: Socket;
  #isIn = false;
  #waiting = 0;
  #ids = 0;
  #ended = false;

  constructor(userId: string, roomId: string, line: Omit<SocketLineOptions, 'namespace'>) {
    this.userId = userId;
    this.roomId = roomId;
    this.#socket = openSocketLine({ ...line, namespace: '/' });
    this.#socket.on('connect', () => void this.#arrive());
    this.#socket.on('disconnect', () => {
      this.#isIn = false;
    });
    this.#socket.on('message', ({ id }) => this.#hear(`message ${id}`));
    this.#socket.on('operation', ({ documentId, version }) => this.#hear(`${documentId} ${version}`));
    this.#socket.on('error', (error) => this.#fault(`was told ${JSON.stringify(error)}`));
  }

  get name(): string {
    return this.userId;
  }

  get isSettled(): boolean {
    return this.#isIn && this.#waiting === 0;
  }

  /** Says something, once: messages of this vocabulary have no opId. */
  async act(random: Random): Promise<void> {
    if (!this.#isIn) return;
    if (random.chance(0.03)) return void this.#socket.io.engine?.close();
    this.#ids += 1;
    const words = `${this.name} ${this.#ids}`;
    this.#waiting += 1;
    const given = { roomId: this.roomId, message: words };
    const answer: Message | undefined = await this.#socket
      .timeout(WITHIN_MS)
      .emitWithAck('send_message', given)
      .catch(() => undefined);
    this.#waiting -= 1;
    const code = answer?.code;
    if (code !== undefined) this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
    if (answer?.ok === true) this.said.push(words);
    else if (answer === undefined || code === 'OUTCOME_UNKNOWN') this.perhaps.push(words);
    else if (code !== 'LOG_UNAVAILABLE' && code !== 'NOT_JOINED')
      this.#fault(`was answered ${JSON.stringify(answer)}`);
  }

  end(): void {
    this.#ended = true;
    this.#socket.disconnect();
  }

  #fault(what: string): void {
    this.faults.push(`${this.name}: ${what}`);
  }

  #hear(what: string): void {
    this.stretches.at(-1)?.push(what);
  }

  async #arrive(): Promise<void> {
    this.connections += 1;
    if (this.#socket.recovered) {
      this.recoveries += 1;
      this.#isIn = true;
      return;
    }
    this.stretches.push([]);
    const { id } = this.#socket;
    while (!this.#ended && this.#socket.connected && this.#socket.id === id) {
      const answer: Message | undefined = await this.#socket
        .timeout(WITHIN_MS)
        .emitWithAck('join_room', { roomId: this.roomId })
        .catch(() => undefined);
      if (answer?.roomId === this.roomId && answer.ok !== false) {
        this.#isIn = this.#socket.id === id;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
