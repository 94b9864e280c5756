import { type Agent, get, type IncomingMessage, request } from 'node:http';
import type { Message } from '../../support/wire.ts';
import { DeltaEditor } from './deltas.ts';
import { operationOn, PROJECT } from './editor.ts';
import { stickyAgent } from './sticky-agent.ts';

const RETRY_POST_MS = 200;

/** As an `EventSource` with its posts: comes back when it is told to, from where it was. */
export class StreamEditor extends DeltaEditor {
  readonly kind = 'stream';
  readonly #port: number;
  readonly #token: string;
  readonly #agent: Agent;
  #lastId: string | undefined;
  #retryMs = 1000;
  #attempts = 0;
  #ended = false;
  #isPending = false;

  constructor(port: number, userId: string, sceneId: string, token: string) {
    super(userId, sceneId);
    this.#port = port;
    this.#token = token;
    this.#agent = stickyAgent();
    this.#open();
  }

  get isIdle() {
    return !this.#isPending;
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
      if (status !== 0 && status !== 503) this.refusals.push(`${this.userId}: a post was ${status}`);
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
        this.refusals.push(`${this.userId}: a stream was ${answer.statusCode}`);
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
    if (fields.event === 'sceneDelta') this.deltas.delta(data.delta);
    if (fields.event === 'sceneState') this.deltas.state(data);
    if (fields.event === 'connected') {
      if (this.#attempts > 0) this.resumes.push(performance.now() - begun);
      this.#attempts += 1;
      this.isIn = true;
    }
  }
}
