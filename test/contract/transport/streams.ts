import { connect, type Socket } from 'node:net';
import type { Test } from 'tap';
import type { HttpOutput, HttpResponse } from '../../../server/transport/connection.ts';
import { type MakeTransport, type Stage, stage } from './stage.ts';

/** A response that is written bit by bit, and what became of it. */
class Written {
  readonly response: HttpResponse;
  output: HttpOutput | undefined;
  drains = 0;
  closes = 0;
  readonly #watchers = new Set<() => void>();

  constructor(headers: Record<string, string> = {}) {
    const wake = () => {
      for (const look of [...this.#watchers]) look();
    };
    this.response = {
      status: 200,
      headers: { 'content-type': 'text/event-stream', ...headers },
      body: '',
      stream: {
        opened: (output) => {
          this.output = output;
          wake();
        },
        drained: () => {
          this.drains += 1;
          wake();
        },
        closed: () => {
          this.closes += 1;
          wake();
        },
      },
    };
  }

  until(found: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!found()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  async opened(): Promise<HttpOutput> {
    await this.until(() => this.output !== undefined);
    return this.output as HttpOutput;
  }
}

const CHUNK = 'x'.repeat(50_000);

/** Responses that are written bit by bit. */
export function streamsContract(t: Test, make: MakeTransport): void {
  async function serve(t: Test, written: Written, late: Promise<unknown> | undefined = undefined) {
    return stage(t, make, {}, { http: () => late?.then(() => written.response) ?? written.response });
  }
  const url = (at: Stage) => `http://127.0.0.1:${at.port}/`;

  for (const isLate of [false, true]) {
    t.test(`what is written arrives in its order, ${isLate ? 'later' : 'at once'}`, async (t) => {
      const written = new Written();
      const at = await serve(t, written, isLate ? turn() : undefined);
      const asked = fetch(url(at));
      const output = await written.opened();
      output.write('grü');
      const response = await asked;
      t.equal(response.headers.get('content-type'), 'text/event-stream');
      t.equal(response.headers.get('connection'), 'close');
      output.write(Buffer.from('ße'));
      await turn();
      output.write(CHUNK.repeat(4));
      output.end();
      output.end();
      output.write('never');
      t.equal(await response.text(), `grüße${CHUNK.repeat(4)}`);
      await written.until(() => written.closes > 0);
      await turn();
      t.equal(written.closes, 1);
      await at.stillServes(t);
    });
  }

  t.test('a client that goes is told of once, and what is written then is lost', async (t) => {
    const written = new Written();
    const at = await serve(t, written);
    const abort = new AbortController();
    const asked = fetch(url(at), { signal: abort.signal });
    const output = await written.opened();
    output.write('one');
    await asked;
    abort.abort();
    await written.until(() => written.closes > 0);
    output.write('late');
    output.end();
    output.destroy();
    t.equal(output.bufferedBytes(), 0);
    await turn();
    t.equal(written.closes, 1);
    await at.stillServes(t);
  });

  t.test('a client that has gone before the answer is told of, too', async (t) => {
    const written = new Written();
    let answer = () => {};
    const late = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let isGone = false;
    const at = await stage(
      t,
      make,
      {},
      {
        http({ aborted }) {
          aborted.addEventListener('abort', () => {
            isGone = true;
          });
          asked();
          return late.then(() => written.response);
        },
      },
    );
    let asked = () => {};
    const hasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const abort = new AbortController();
    fetch(url(at), { signal: abort.signal }).catch(() => {});
    await hasAsked;
    abort.abort();
    while (!isGone) await turn();
    answer();
    await written.until(() => written.closes === 1);
    t.equal(written.output, undefined);
    await at.stillServes(t);
  });

  t.test('this side may break off', async (t) => {
    const written = new Written();
    const at = await serve(t, written);
    const asked = fetch(url(at)).then((response) => response.text());
    const output = await written.opened();
    output.write('one');
    output.destroy();
    await asked.catch(() => {});
    await written.until(() => written.closes === 1);
    await at.stillServes(t);
  });

  t.test('a peer that does not read makes it say so, and gets all when it does', async (t) => {
    const written = new Written();
    const at = await serve(t, written);
    const peer = await slowPeer(t, at.port);
    const output = await written.opened();
    let count = 0;
    // Until what the operating systems hold is full.
    for (; output.bufferedBytes() < 10 * CHUNK.length; count++) {
      output.write(`${count} ${CHUNK}\n`);
      await turn();
    }
    const { drains } = written;
    for (const end = count + 20; count < end; count++) {
      t.equal(output.write(`${count} ${CHUNK}\n`), false);
    }
    t.ok(output.bufferedBytes() > 20 * CHUNK.length, 'what waits is counted');
    t.equal(written.drains, drains);
    peer.read();
    await written.until(() => written.drains > drains && output.bufferedBytes() === 0);
    t.equal(output.write('last\n'), true, 'it keeps up again');
    output.end();
    await written.until(() => written.closes === 1);
    const text = await peer.ended();
    const numbers = [...text.matchAll(/(?:^|\n)(\d+) x{20}/g)].map(([, number]) => Number(number));
    t.same(
      numbers,
      Array.from({ length: count }, (_, index) => index),
    );
    t.ok(text.includes('last\n'));
  });

  t.test('what waits is written before the end', async (t) => {
    const written = new Written();
    const at = await serve(t, written);
    const peer = await slowPeer(t, at.port);
    const output = await written.opened();
    while (output.bufferedBytes() < 10 * CHUNK.length) {
      output.write(CHUNK);
      await turn();
    }
    output.write('last\n');
    output.end();
    peer.read();
    t.ok((await peer.ended()).includes('last\n'));
    await written.until(() => written.closes === 1);
  });

  t.test('the end of the server is the end of its streams', async (t) => {
    const written = new Written();
    const at = await serve(t, written);
    const asked = fetch(url(at)).then((response) => response.text());
    (await written.opened()).write('one');
    await at.transport.close();
    await asked.catch(() => {});
    await written.until(() => written.closes === 1);
  });

  t.test('a head that cannot be written safely is none', async (t) => {
    const written = new Written({ 'x-evil': 'a\r\nb: c' });
    const at = await serve(t, written);
    t.equal((await fetch(url(at))).status, 500);
    t.equal(written.closes, 1);
    t.equal(written.output, undefined);
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Reads nothing before it is told to; then everything, to the end of the chunked body. */
async function slowPeer(t: Test, port: number) {
  const socket: Socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  let text = '';
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('\r\n0\r\n\r\n')) resolve(text);
    });
  });
  socket.pause();
  return { read: () => socket.resume(), ended: async () => bodyOf(await ended) };
}

function bodyOf(text: string): string {
  return text.slice(text.indexOf('\r\n\r\n') + 2).replace(/\r\n[0-9a-f]+\r\n/g, '');
}
