import { connect, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import t from 'tap';
import { tokenOf } from '../socket-io/stage.ts';
import { preload } from '../support/program.ts';
import { type ChildServer, startChildServer, unlimited } from './child-server.ts';

const STREAMS = 5000;
/** At once: the backlog of a listening socket is short. */
const WAVE = 100;
/**
 * What a stream may cost beside its socket: 8 kB is meant, and what is printed; this leaves room for another
 * Node. In that of node:http there are the objects of a request and of its response, too.
 */
const MAX_STREAM_BYTES = { uws: 10 * 1024, ws: 16 * 1024 };

t.setTimeout(550_000);

/** A bare client, for this process has to hold thousands of them. */
class Listener {
  readonly socket: Socket;
  readonly #head: string;
  #tail = '';
  #watch: { what: string; resolve: () => void } | undefined;

  constructor(port: number, head: string) {
    this.#head = head;
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      const latest = this.#tail + text;
      this.#tail = latest.slice(-400);
      if (this.#watch !== undefined && latest.includes(this.#watch.what)) {
        this.#watch.resolve();
        this.#watch = undefined;
      }
    });
    this.socket.on('error', () => {});
  }

  /** Sends the request; resolves when `what` has come. */
  open(what: string): Promise<void> {
    const opened = this.until(what);
    this.socket.write(this.#head);
    return opened;
  }

  until(what: string): Promise<void> {
    if (this.#tail.includes(what)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#watch = { what, resolve };
    });
  }
}

async function inWaves(count: number, one: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += WAVE) {
    await Promise.all(Array.from({ length: Math.min(WAVE, count - from) }, (_, at) => one(from + at)));
  }
}

/** What it uses once its garbage is collected; not what its heap has reserved. */
async function settled(server: ChildServer): Promise<number> {
  const before = server.reports.length;
  process.kill(server.process.pid as number, 'SIGUSR2');
  while (server.reports.length === before) await passed(10);
  return server.memoryBytes() - Number(server.reports.at(-1));
}

for (const TRANSPORT of ['uws', 'ws'] as const) {
  t.test(`5,000 event streams are small, and a delta reaches all of them (${TRANSPORT})`, async (t) => {
    const server = await startChildServer(t, {
      nodeArgs: ['--expose-gc', ...preload('test/e2e/collect-on-signal.ts')],
      env: {
        ...unlimited,
        TRANSPORT,
        DATA_DIR: t.testdir(),
        API_LIMIT: '1000000/1s',
        MAX_ROOM_USERS: '6000',
      },
    });
    const heads = await Promise.all(
      Array.from({ length: STREAMS }, async (_, index) =>
        [
          `GET /projects/p/scenes/s/events?clientId=c${index} HTTP/1.1`,
          'Host: a',
          `Authorization: Bearer ${await tokenOf(`u${index}`)}`,
          '\r\n',
        ].join('\r\n'),
      ),
    );
    const idle = await settled(server);
    // What sockets cost that ask for nothing is no cost of a stream's.
    const listeners: Listener[] = [];
    t.teardown(() => {
      for (const { socket } of listeners) socket.destroy();
    });
    await inWaves(STREAMS, async (index) => {
      const one = new Listener(server.port, heads[index] as string);
      listeners.push(one);
      await new Promise((resolve) => one.socket.once('connect', resolve));
    });
    const connected = await settled(server);
    await inWaves(STREAMS, (index) => (listeners[index] as Listener).open('event: sceneState'));
    const open = await settled(server);
    t.equal(await server.metric('tandem_members'), STREAMS);
    const arrivals = listeners.map((one) => one.until('"toVersion":1'));
    const begun = performance.now();
    const answer = await fetch(`http://127.0.0.1:${server.port}/projects/p/scenes/s/operations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf('u0')}` },
      body: JSON.stringify({
        clientId: 'c0',
        operation: { type: 'update', target: 'scene', data: { exposure: 1.5 } },
      }),
    });
    t.equal(answer.status, 200);
    await Promise.all(arrivals);
    t.pass('a delta reached all of them');
    const perStream = (open - connected) / STREAMS;
    t.comment(`${TRANSPORT}: ${((connected - idle) / STREAMS).toFixed(0)} bytes a socket`);
    t.comment(`${TRANSPORT}: ${perStream.toFixed(0)} bytes a stream over its socket`);
    t.comment(`${TRANSPORT}: a delta reached all in ${(performance.now() - begun).toFixed(0)} ms`);
    t.ok(perStream < MAX_STREAM_BYTES[TRANSPORT], `${perStream.toFixed(0)} bytes a stream over its socket`);
  });
}
