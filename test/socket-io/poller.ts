import { Agent, request } from 'node:http';

const posts = new Agent({ keepAlive: true, maxSockets: 256 });

/** Engine.IO and Socket.IO over long-polling by hand: many of them cost little. */
export class Poller {
  /** Arguments of events, by the order of arrival. */
  readonly events: [name: string, ...args: unknown[]][] = [];
  /** Answers that were none. */
  readonly errors: string[] = [];
  /** Of polls, each of which is held; posts of all share some more. */
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #port: number;
  /** As it stands in packets. */
  readonly #namespace: string;
  #sid = '';
  #isPolling = true;
  #posting = Promise.resolve('');

  constructor(port: number, namespace = '/') {
    this.#port = port;
    this.#namespace = namespace === '/' ? '' : `${namespace},`;
  }

  /** Resolves when it is let in, with polls under way. */
  async open(token: string): Promise<void> {
    this.#sid = JSON.parse((await this.#ask('GET')).slice(1)).sid;
    await this.#ask('POST', `40${this.#namespace}${JSON.stringify({ token })}`);
    this.#take(await this.#ask('GET'));
    void this.#poll();
  }

  /** One request at a time, as the protocol wants it. */
  emit(event: string, ...args: unknown[]): Promise<string> {
    const packet = `42${this.#namespace}${JSON.stringify([event, ...args])}`;
    this.#posting = this.#posting.then(() => this.#ask('POST', packet));
    return this.#posting;
  }

  /** Sends nothing more after the poll that waits. */
  pause(): void {
    this.#isPolling = false;
  }

  resume(): void {
    this.#isPolling = true;
    void this.#poll();
  }

  end(): void {
    this.#isPolling = false;
    this.#agent.destroy();
  }

  async #poll(): Promise<void> {
    while (this.#isPolling) {
      const payload = await this.#ask('GET').catch(() => '');
      if (payload === '') return;
      this.#take(payload);
    }
  }

  #take(payload: string): void {
    for (const packet of payload.split('\u001e')) {
      // Where it is refused, `errors` has it.
      if (packet === '2') this.#posting = this.#posting.then(() => this.#ask('POST', '3').catch(() => ''));
      if (!packet.startsWith('42')) continue;
      this.events.push(JSON.parse(packet.slice(packet.indexOf('['))));
    }
  }

  #ask(method: string, body = ''): Promise<string> {
    const sid = this.#sid === '' ? '' : `&sid=${this.#sid}`;
    const path = `/socket.io/?EIO=4&transport=polling${sid}`;
    return new Promise((resolve, reject) => {
      const asked = request(
        { port: this.#port, host: '127.0.0.1', method, path, agent: method === 'GET' ? this.#agent : posts },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => {
            if (response.statusCode === 200) return resolve(text);
            this.errors.push(`${response.statusCode}: ${text}`);
            reject(new Error(this.errors.at(-1)));
          });
          response.on('error', reject);
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }
}
