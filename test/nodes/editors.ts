import { Agent, get, type IncomingMessage, request } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import { ModelClient } from '../e2e/model-client.ts';
import { tokenOf } from '../socket-io/stage.ts';
import type { Message } from '../support/wire.ts';

/** Somebody in a scene who changes an item of their own, whatever they speak. */
export interface Editor {
  readonly kind: string;
  readonly userId: string;
  readonly sceneId: string;
  /** Milliseconds from each attempt that succeeded to being in the room again, where it was left. */
  readonly resumes: readonly number[];
  /** What must not be: refusals, gaps, whole states where a delta was due. */
  readonly faults: readonly string[];
  /** Operations that were acknowledged. */
  readonly acknowledged: number;
  /** Where its scene stands. */
  readonly version: number;
  readonly isIn: boolean;
  /** Sets its item to the next number; once the last one was acknowledged. */
  edit(): void;
  readonly isIdle: boolean;
  /** The latest number that it saw of somebody. */
  numberOf(userId: string): unknown;
  end(): void;
}

export type Kind = 'native' | 'socket.io' | 'polling' | 'stream';
export const PROJECT = 'p';

export async function createEditor(
  kind: Kind,
  port: number,
  userId: string,
  sceneId: string,
): Promise<Editor> {
  const token = await tokenOf(userId);
  if (kind === 'native') return new NativeEditor(port, userId, sceneId);
  if (kind === 'stream') return new StreamEditor(port, userId, sceneId, token);
  return new SocketEditor(kind, port, userId, sceneId, token);
}

const operationOn = (userId: string, number: number) => ({
  type: number === 1 ? 'add' : 'update',
  target: 'item',
  id: userId,
  data: { number },
});

class NativeEditor implements Editor {
  readonly kind = 'native';
  readonly sceneId: string;
  acknowledged = 0;
  readonly #client: ModelClient;

  constructor(port: number, userId: string, sceneId: string) {
    this.sceneId = sceneId;
    const rooms = [`scene:${PROJECT}:${sceneId}`];
    this.#client = new ModelClient({ port: () => port, userId, rooms, batch: true });
  }

  get userId() {
    return this.#client.userId;
  }
  get resumes() {
    return this.#client.resumes;
  }
  get isIn() {
    return this.#client.joined;
  }
  get isIdle() {
    return this.#client.outbox.size === 0;
  }
  get version() {
    return this.#client.room.version;
  }
  get faults() {
    const refused = this.#client.refusals.map((one) => `${this.userId}: refused with ${JSON.stringify(one)}`);
    const { states } = this.#client.room;
    return [...this.#client.allFaults, ...refused, ...wholeStates(this.userId, states)];
  }

  edit(): void {
    const operation = operationOn(this.userId, this.acknowledged + 1);
    void this.#client.submit({ type: 'sceneOperation', operation }).then((answer) => {
      if (answer.type === 'ack') this.acknowledged += 1;
    });
  }

  numberOf(userId: string): unknown {
    return this.#client.room.manifest.items[userId]?.number;
  }

  end(): void {
    this.#client.end();
  }
}

/** The scene as the deltas of the other dialects tell of it. */
class Deltas {
  readonly faults: string[] = [];
  readonly #numbers = new Map<string, unknown>();
  readonly #userId: string;
  version: number | undefined;
  states = 0;

  constructor(userId: string) {
    this.#userId = userId;
  }

  state({ version, manifest }: Message): void {
    this.states += 1;
    this.version = version;
    for (const [id, item] of Object.entries<Message>(manifest.items)) this.#numbers.set(id, item.number);
  }

  delta({ fromVersion, toVersion, operations }: Message): void {
    if (fromVersion !== this.version)
      this.faults.push(`${this.#userId}: a delta from ${fromVersion} at ${this.version}`);
    this.version = toVersion;
    for (const { id, data } of operations) this.#numbers.set(id, data.number);
  }

  numberOf(userId: string): unknown {
    return this.#numbers.get(userId);
  }
}

class SocketEditor implements Editor {
  readonly kind: string;
  readonly userId: string;
  readonly sceneId: string;
  readonly resumes: number[] = [];
  acknowledged = 0;
  isIn = false;
  readonly #socket: Socket;
  readonly #deltas: Deltas;
  readonly #faults: string[] = [];
  readonly #agent: Agent;
  #begun = 0;
  #pending: object | undefined;

  constructor(kind: 'socket.io' | 'polling', port: number, userId: string, sceneId: string, token: string) {
    this.kind = kind;
    this.userId = userId;
    this.sceneId = sceneId;
    this.#deltas = new Deltas(userId);
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
          this.#faults.push(`${userId}: ${JSON.stringify(what)}`);
      });
    this.#socket.on('sceneJoined', (state: Message) => this.#deltas.state(state));
    this.#socket.on('sceneDelta', ({ delta }: Message) => this.#deltas.delta(delta));
  }

  get isIdle() {
    return this.#pending === undefined;
  }
  get version() {
    return this.#deltas.version ?? 0;
  }
  get faults() {
    return [...this.#deltas.faults, ...this.#faults, ...wholeStates(this.userId, this.#deltas.states)];
  }
  numberOf(userId: string): unknown {
    return this.#deltas.numberOf(userId);
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
      else this.#faults.push(`${this.userId}: not recovered`);
      this.isIn = true;
      // Its answer may have been lost with the connection.
      this.#say();
      return;
    }
    this.#socket.emit('joinScene', { projectId: PROJECT, sceneId: this.sceneId }, (answer: Message) => {
      if (answer.ok) this.isIn = true;
      else this.#faults.push(`${this.userId}: ${JSON.stringify(answer)}`);
    });
  }

  #say(): void {
    const said = this.#pending;
    if (said === undefined || !this.#socket.connected) return;
    this.#socket.emit('sceneOperation', said, (answer: Message) => {
      if (!answer.ok) this.#faults.push(`${this.userId}: ${JSON.stringify(answer)}`);
      else if (this.#pending === said) {
        this.#pending = undefined;
        this.acknowledged += 1;
      }
    });
  }
}

const RETRY_POST_MS = 200;

/** As an `EventSource` with its posts: comes back when it is told to, from where it was. */
class StreamEditor implements Editor {
  readonly kind = 'stream';
  readonly userId: string;
  readonly sceneId: string;
  readonly resumes: number[] = [];
  acknowledged = 0;
  isIn = false;
  readonly #port: number;
  readonly #token: string;
  readonly #deltas: Deltas;
  readonly #faults: string[] = [];
  readonly #agent: Agent;
  #lastId: string | undefined;
  #retryMs = 1000;
  #attempts = 0;
  #ended = false;
  #isPending = false;

  constructor(port: number, userId: string, sceneId: string, token: string) {
    this.#port = port;
    this.userId = userId;
    this.sceneId = sceneId;
    this.#token = token;
    this.#deltas = new Deltas(userId);
    this.#agent = stickyAgent();
    this.#open();
  }

  get isIdle() {
    return !this.#isPending;
  }
  get version() {
    return this.#deltas.version ?? 0;
  }
  get faults() {
    return [...this.#deltas.faults, ...this.#faults, ...wholeStates(this.userId, this.#deltas.states)];
  }
  numberOf(userId: string): unknown {
    return this.#deltas.numberOf(userId);
  }

  edit(): void {
    this.#isPending = true;
    const number = this.acknowledged + 1;
    const body = {
      clientId: 'c',
      opId: `${this.userId}/${number}`,
      operation: operationOn(this.userId, number),
    };
    void this.#post(JSON.stringify(body));
  }

  end(): void {
    this.#ended = true;
    this.#agent.destroy();
  }

  get #where() {
    const path = `/projects/${PROJECT}/scenes/${this.sceneId}`;
    const headers = { authorization: `Bearer ${this.#token}` };
    return { host: '127.0.0.1', port: this.#port, agent: this.#agent, path, headers };
  }

  /** Until it is done: its `opId` makes that once. */
  async #post(body: string): Promise<void> {
    while (!this.#ended) {
      const status = await this.#postOnce(body).catch(() => 0);
      if (status === 200) {
        this.acknowledged += 1;
        this.#isPending = false;
        return;
      }
      if (status !== 0 && status !== 503) this.#faults.push(`${this.userId}: a post was ${status}`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_POST_MS));
    }
  }

  #postOnce(body: string): Promise<number> {
    const { path, headers, ...where } = this.#where;
    return new Promise((resolve, reject) => {
      const length = Buffer.byteLength(body);
      const given = { ...headers, 'content-type': 'application/json', 'content-length': length };
      const asked = request(
        { ...where, method: 'POST', path: `${path}/operations`, headers: given },
        (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
          answer.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }

  #open(): void {
    if (this.#ended) return;
    const { path, headers, ...where } = this.#where;
    const begun = performance.now();
    const again = () => {
      this.isIn = false;
      setTimeout(() => this.#open(), this.#retryMs);
    };
    const last = this.#lastId === undefined ? {} : { 'last-event-id': this.#lastId };
    get({ ...where, path: `${path}/events?clientId=c`, headers: { ...headers, ...last } }, (answer) => {
      // 503 is the balancer's, which finds nobody ready.
      if (answer.statusCode !== 200 && answer.statusCode !== 503)
        this.#faults.push(`${this.userId}: a stream was ${answer.statusCode}`);
      this.#read(answer, begun);
      answer.on('close', again).on('error', () => {});
    }).on('error', again);
  }

  #read(answer: IncomingMessage, begun: number): void {
    let rest = '';
    answer.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block, begun);
    });
  }

  #take(block: string, begun: number): void {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
    if (fields.retry !== undefined) this.#retryMs = Number(fields.retry);
    this.#lastId = fields.id ?? this.#lastId;
    const data = fields.data === undefined ? {} : (JSON.parse(fields.data) as Message);
    if (fields.event === 'sceneDelta') this.#deltas.delta(data.delta);
    if (fields.event === 'sceneState') this.#deltas.state(data);
    if (fields.event === 'connected') {
      if (this.#attempts > 0) this.resumes.push(performance.now() - begun);
      this.#attempts += 1;
      this.isIn = true;
    }
  }
}

let addresses = 0;

/** Balancers know a client of several requests by its address. */
function stickyAgent(): Agent {
  addresses += 1;
  const localAddress = `127.0.${1 + Math.floor(addresses / 250)}.${1 + (addresses % 250)}`;
  return new Agent({ keepAlive: true, localAddress });
}

function wholeStates(userId: string, states: number): string[] {
  return states > 1 ? [`${userId}: got the whole state ${states} times`] : [];
}
