import type { Agent } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import type { Message } from '../../support/wire.ts';
import { DeltaEditor } from './deltas.ts';
import { operationOn, PROJECT } from './editor.ts';
import { stickyAgent } from './sticky-agent.ts';

export class SocketEditor extends DeltaEditor {
  readonly kind: string;
  readonly #socket: Socket;
  readonly #agent: Agent;
  #begun = 0;
  #pending: object | undefined;

  constructor(kind: 'socket.io' | 'polling', port: number, userId: string, sceneId: string, token: string) {
    super(userId, sceneId);
    this.kind = kind;
    this.#agent = stickyAgent();
    this.#socket = io(`http://127.0.0.1:${port}/scenes`, {
      auth: { token },
      forceNew: true,
      transports: [kind === 'polling' ? 'polling' : 'websocket'],
      ...(kind === 'polling' ? { agent: this.#agent as unknown as string } : {}),
    });
    this.#socket.io.on('reconnect_attempt', () => {
      this.#begun = performance.now();
    });
    this.#socket.on('connect', () => this.#connected());
    this.#socket.on('disconnect', () => {
      this.isIn = false;
    });
    for (const event of ['error', 'connect_error'])
      this.#socket.on(event, (what: Message) => {
        // What is no refusal of the server is a failed attempt.
        if (event === 'error' || what.data !== undefined)
          this.refusals.push(`${userId}: ${JSON.stringify(what)}`);
      });
    this.#socket.on('sceneJoined', (state: Message) => this.deltas.state(state));
    this.#socket.on('sceneDelta', ({ delta }: Message) => this.deltas.delta(delta));
  }

  get isIdle() {
    return this.#pending === undefined;
  }

  edit(): void {
    const number = this.acknowledged + 1;
    this.#pending = { ...operationOn(this.userId, number), opId: `${this.userId}/${number}` };
    this.#say();
  }

  end(): void {
    this.#socket.disconnect();
    this.#agent.destroy();
  }

  #connected(): void {
    if (this.#begun > 0) {
      if (this.#socket.recovered) this.resumes.push(performance.now() - this.#begun);
      else this.refusals.push(`${this.userId}: not recovered`);
      this.isIn = true;
      // Its answer may have been lost with the connection.
      this.#say();
      return;
    }
    this.#socket.emit('joinScene', { projectId: PROJECT, sceneId: this.sceneId }, (answer: Message) => {
      if (answer.ok) this.isIn = true;
      else this.refusals.push(`${this.userId}: ${JSON.stringify(answer)}`);
    });
  }

  #say(): void {
    const said = this.#pending;
    if (said === undefined || !this.#socket.connected) return;
    this.#socket.emit('sceneOperation', said, (answer: Message) => {
      if (!answer.ok) this.refusals.push(`${this.userId}: ${JSON.stringify(answer)}`);
      else if (this.#pending === said) {
        this.#pending = undefined;
        this.acknowledged += 1;
      }
    });
  }
}
