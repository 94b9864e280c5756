import { connect } from 'node:net';
import type { Test } from 'tap';
import type { HttpHandler, HttpRequest } from '../../../server/transport/connection.ts';
import { BodyTooLarge, RequestAborted } from '../../../server/transport/http-body.ts';
import { key, request, upgrade } from './raw-peer.ts';
import { type MakeTransport, type Stage, stage } from './stage.ts';

const ok = { status: 200, headers: {}, body: 'ok' };
const MAX_BODY = 100_000;

/** What a handler learns of a request beside its target. */
export function requestsContract(t: Test, make: MakeTransport): void {
  const serve = (t: Test, http: HttpHandler): Promise<Stage> => stage(t, make, {}, { http });
  const url = (at: Stage, target = '/') => `http://127.0.0.1:${at.port}${target}`;
  const echo: HttpHandler = async ({ body }) => {
    const bytes = await body(MAX_BODY);
    return { ...ok, body: `${bytes.length} ${Buffer.from(bytes).subarray(0, 10)}` };
  };

  t.test('a request has headers and an address', async (t) => {
    let seen: HttpRequest | undefined;
    const at = await serve(t, (request) => {
      seen = request;
      return turn().then(() => ok);
    });
    await fetch(url(at), { headers: { Origin: 'https://a.example', 'X-Own': 'b' } });
    t.match(seen, {
      address: '127.0.0.1',
      headers: { origin: 'https://a.example', 'x-own': 'b', host: `127.0.0.1:${at.port}` },
    });
    t.equal(seen?.headers.constructor, undefined);
    t.notOk(seen?.aborted.aborted);
  });

  t.test('a head of 15 kB is taken, also where it comes in two pieces', async (t) => {
    const cookie = 'x'.repeat(15_000);
    const at = await serve(t, ({ path, headers }) => ({ ...ok, body: `${path} ${headers.cookie?.length}` }));
    const whole = request([`Cookie: ${cookie}`], '/whole');
    for (const pieces of [[whole], [whole.slice(0, -2), whole.slice(-2)]]) {
      const socket = await at.tcp();
      const answered = new Promise((resolve) => socket.once('data', resolve));
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(piece, resolve));
        // By then the piece has been read.
        await fetch(url(at));
      }
      t.match(String(await answered), /^HTTP\/1.1 200 OK[\s\S]*\/whole 15000$/);
      socket.destroy();
    }
    const { handshake } = await at
      .client('/ws', [], { headers: { cookie } })
      .opened()
      .then(() => at.events.first('opened'));
    t.equal(handshake.cookie, cookie);
  });

  t.test('bodies are read, of every length and in parts', async (t) => {
    const at = await serve(t, echo);
    for (const length of [0, 1, 70_000, MAX_BODY]) {
      const body = 'x'.repeat(length);
      const response = await fetch(url(at), { method: 'POST', body });
      t.equal(await response.text(), `${length} ${body.slice(0, 10)}`);
    }
    const parts = new ReadableStream({
      start(controller) {
        for (const part of ['grü', 'ße', '!']) controller.enqueue(Buffer.from(part));
        controller.close();
      },
    });
    const init = { method: 'POST', body: parts, duplex: 'half' } as RequestInit;
    t.equal(await (await fetch(url(at), init)).text(), '8 grüße!');
    t.equal(await (await fetch(url(at))).text(), '0 ', 'a request without one');
  });

  t.test('the body of a request that would rather speak another protocol is read', async (t) => {
    const at = await serve(t, echo);
    // As Java's HttpClient asks.
    const h2c = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'];
    for (const [lines, pieces] of [
      [['Content-Length: 4'], ['abcd']],
      [['Content-Length: 4'], ['', 'ab', 'cd']],
      [['Transfer-Encoding: chunked'], ['2\r\nab\r\n2\r', '\ncd\r\n0\r\n\r\n']],
    ] as const) {
      const socket = await at.tcp();
      const answered = new Promise((resolve) => socket.once('data', resolve));
      let head = request([...h2c, ...lines], '/', 'POST');
      for (const piece of pieces) {
        await new Promise((resolve) => socket.write(head + piece, resolve));
        head = '';
        // By then the piece has been read.
        await fetch(url(at));
      }
      t.match(String(await answered), /^HTTP\/1.1 200 OK[\s\S]*\r\n4 abcd$/);
      socket.destroy();
    }
  });

  t.test('a body over the limit is a 413, and the next request is answered', async (t) => {
    const at = await serve(t, echo);
    const chunked = () => {
      let parts = 0;
      return new ReadableStream({
        pull(controller) {
          parts += 1;
          if (parts > 20) controller.close();
          else controller.enqueue(Buffer.alloc(10_000, 'x'));
        },
      });
    };
    for (const body of ['x'.repeat(MAX_BODY + 1), 'x'.repeat(1_000_000), chunked()]) {
      const response = await fetch(url(at), { method: 'POST', body, duplex: 'half' } as RequestInit);
      t.equal(response.status, 413);
      t.same(await response.json(), { code: 'TOO_LARGE' });
      t.equal(await (await fetch(url(at), { method: 'POST', body: 'abc' })).text(), '3 abc');
    }
  });

  t.test('a handler may have an answer of its own to a body over the limit', async (t) => {
    const at = await serve(t, ({ body }) =>
      body(2).then(
        () => ok,
        (error) => ({ ...ok, body: `${error instanceof BodyTooLarge}` }),
      ),
    );
    t.equal(await (await fetch(url(at), { method: 'POST', body: 'abc' })).text(), 'true');
  });

  t.test('a body is read in time, or not at all', async (t) => {
    const at = await serve(t, async ({ path, body }) => {
      if (path === '/late') await turn();
      if (path === '/twice') await body(10);
      await body(10);
      return ok;
    });
    for (const path of ['/late', '/twice']) {
      t.equal((await fetch(url(at, path), { method: 'POST', body: 'a' })).status, 500);
    }
    t.equal((await fetch(url(at), { method: 'POST', body: 'a' })).status, 200);
  });

  t.test('a body that nobody waits for any more harms nobody', async (t) => {
    const at = await serve(t, async ({ body }) => {
      body(1);
      await turn();
      return ok;
    });
    t.equal((await fetch(url(at), { method: 'POST', body: 'too long' })).status, 200);
  });

  for (const [name, lines] of [
    ['with a length', ['Content-Length: 10']],
    ['in parts', ['Transfer-Encoding: chunked']],
  ] as const) {
    t.test(`a client that goes amid its body, ${name}, is known to have gone`, async (t) => {
      let seen = (_error: unknown) => {};
      const error = new Promise((resolve) => {
        seen = resolve;
      });
      let arrived = () => {};
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const at = await serve(t, ({ body, aborted }) => {
        arrived();
        return body(100).then(
          () => ok,
          (error) => {
            seen([error instanceof RequestAborted, aborted.aborted]);
            return ok;
          },
        );
      });
      const socket = connect(at.port, '127.0.0.1');
      socket.write(`${request([...lines], '/', 'POST')}3\r\nabc\r\n`.slice(0, -2));
      await asked;
      socket.destroy();
      t.same(await error, [true, true]);
    });
  }

  t.test('a request of two lengths is none, nor is what comes behind it', async (t) => {
    const paths: string[] = [];
    const at = await serve(t, ({ path }) => {
      paths.push(path);
      return ok;
    });
    const socket = connect(at.port, '127.0.0.1');
    const lines = ['Content-Length: 4', 'Content-Length: 40'];
    socket.write(`${request(lines, '/', 'POST')}abcd${request([], '/hidden')}`);
    const told: Buffer[] = [];
    for await (const bytes of socket) told.push(bytes);
    t.match(Buffer.concat(told).toString(), /^(HTTP\/1.1 400 |$)/, 'refused, or cut off');
    t.same(paths, []);
  });

  for (const lines of [[], [...upgrade, key]]) {
    const name = lines.length > 0 ? 'an upgrade that is refused' : 'a request';
    t.test(`the signal of ${name} aborts when the client goes, and not after the answer`, async (t) => {
      const held: HttpRequest[] = [];
      let arrived = () => {};
      const at = await serve(t, (request) => {
        held.push(request);
        arrived();
        return request.path === '/held' ? new Promise(() => {}) : turn().then(() => ok);
      });
      const asked = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      const socket = connect(at.port, '127.0.0.1');
      socket.write(request(lines, '/held'));
      await asked;
      const signal = held[0]?.aborted as AbortSignal;
      t.notOk(signal.aborted);
      const gone = new Promise((resolve) => signal.addEventListener('abort', resolve));
      socket.destroy();
      await gone;

      const other = connect(at.port, '127.0.0.1');
      other.write(request(lines, '/answered'));
      await new Promise((resolve) => other.once('data', resolve));
      other.destroy();
      await fetch(url(at));
      await fetch(url(at));
      t.notOk(held[1]?.aborted.aborted);
    });
  }

  t.test('a WebSocket elsewhere is accepted or refused by its target', async (t) => {
    const asked: string[] = [];
    const accepts = (path: string, query: string) => {
      asked.push(`${path}?${query}`);
      return query === 'let=in';
    };
    const at = await stage(t, make, {}, { accepts, http: () => ({ ...ok, status: 403 }) });
    const client = await at.client('/own?let=in', ['tandem']).opened();
    const { connection, handshake } = await at.events.first('opened');
    t.match(handshake, { path: '/own', query: 'let=in', protocol: 'tandem' });
    connection.send('hello');
    t.same(await client.until(1), ['hello']);
    t.match(await at.client('/own').opened().catch(String), /403/);
    await at.stillServes(t);
    t.same(asked, ['/own?let=in', '/own?'], 'not asked where the path says it');
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
