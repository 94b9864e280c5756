import type { Socket } from 'node:net';
import type { Test } from 'tap';
import type { HttpHandler, HttpRequest } from '../../../server/transport/connection.ts';
import { key, request, upgrade } from './raw-peer.ts';
import { type MakeTransport, type Stage, stage } from './stage.ts';

const json = { 'content-type': 'application/json' };

/** Everything that the server writes until it has written so much, or ends. */
function read(socket: Socket, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
      if (enough(text)) resolve(text);
    });
    socket.once('close', () => resolve(text));
  });
}

/** Requests that are no upgrades. */
export function httpContract(t: Test, make: MakeTransport): void {
  const serve = (t: Test, http: HttpHandler): Promise<Stage> => stage(t, make, {}, { http });
  const url = (at: Stage, target: string) => `http://127.0.0.1:${at.port}${target}`;

  for (const [name, wrap] of [
    ['at once', (http: HttpHandler) => http],
    [
      'later',
      (http: HttpHandler): HttpHandler =>
        (request) =>
          turn().then(() => http(request)),
    ],
  ] as const) {
    t.test(`requests are answered ${name}`, async (t) => {
      const requests: Pick<HttpRequest, 'method' | 'path' | 'query'>[] = [];
      const at = await serve(
        t,
        wrap((request) => {
          const { method, path, query } = request;
          requests.push({ method, path, query });
          return { status: 201, headers: { ...json, 'X-Name': 'a; b="c"' }, body: '{"grüße":1}' };
        }),
      );
      const response = await fetch(url(at, '/a/b?c=d&e'));
      t.equal(response.status, 201);
      t.equal(response.statusText, 'Created');
      t.equal(response.headers.get('content-type'), 'application/json');
      t.equal(response.headers.get('x-name'), 'a; b="c"');
      t.equal(await response.text(), '{"grüße":1}');
      const head = await fetch(url(at, '/'), { method: 'HEAD' });
      t.equal(head.headers.get('content-length'), '13');
      t.equal(await head.text(), '');
      const post = await fetch(url(at, '/post'), { method: 'POST', body: 'x'.repeat(10_000) });
      t.equal(post.status, 201);
      t.same(requests, [
        { method: 'GET', path: '/a/b', query: 'c=d&e' },
        { method: 'HEAD', path: '/', query: '' },
        { method: 'POST', path: '/post', query: '' },
      ]);
    });

    t.test(`what is thrown ${name} becomes a 500`, async (t) => {
      const at = await serve(
        t,
        wrap(() => {
          throw new Error('secret');
        }),
      );
      const response = await fetch(url(at, '/'));
      t.equal(response.status, 500);
      t.same(await response.json(), { code: 'INTERNAL' });
    });

    t.test(`a header that would break the response, answered ${name}, becomes a 500`, async (t) => {
      const bad = [{ 'x-a': 'b\r\nSet-Cookie: c=d' }, { 'x-a\r\nb': 'c' }, { 'x-a': 'b\0' }, { '': 'a' }];
      const at = await serve(
        t,
        wrap(({ query }) => ({ status: 200, headers: { ...bad[Number(query)] }, body: '' })),
      );
      for (const index of bad.keys()) {
        const response = await fetch(url(at, `/?${index}`));
        t.equal(response.status, 500);
        t.equal(response.headers.get('set-cookie'), null);
      }
    });
  }

  t.test('no name finds a header that was not sent', async (t) => {
    const found: (string | undefined)[] = [];
    const at = await serve(t, ({ headers }) => {
      for (const name of ['constructor', '__proto__', 'own']) found.push(headers[name]);
      return { status: 200, headers: {}, body: '' };
    });
    await fetch(url(at, '/'), { headers: { own: 'a' } });
    await fetch(url(at, '/'), { headers: { own: 'a', constructor: 'b' } });
    t.same(found, [undefined, undefined, 'a', 'b', undefined, 'a']);
  });

  t.test("the length is the body's, whatever the headers say; 204 has none", async (t) => {
    const at = await serve(t, ({ path }) => ({
      status: path === '/none' ? 204 : 200,
      headers: { 'Content-Length': '3', 'transfer-encoding': 'chunked' },
      body: path,
    }));
    t.equal(await (await fetch(url(at, '/length'))).text(), '/length');
    const none = await fetch(url(at, '/none'));
    t.equal(none.status, 204);
    t.equal(await none.text(), '');
    t.equal(await (await fetch(url(at, '/again'))).text(), '/again');
  });

  t.test('a large body arrives whole', async (t) => {
    const body = 'ü'.repeat(3_000_000);
    const at = await serve(t, async () => ({ status: 200, headers: {}, body }));
    t.equal((await (await fetch(url(at, '/'))).text()).length, body.length);
  });

  t.test('a path of WebSockets answers requests that are no upgrades', async (t) => {
    const at = await serve(t, () => ({ status: 200, headers: {}, body: 'page' }));
    t.equal(await (await fetch(url(at, '/ws'))).text(), 'page');
  });

  t.test('a request that would rather speak another protocol is answered in this one', async (t) => {
    const at = await serve(t, () => ({ status: 200, headers: {}, body: '<page>' }));
    // As `curl --http2` asks, and as an old proxy hands it on, which llhttp takes for the same.
    for (const name of ['Connection', 'Proxy-Connection']) {
      const socket = await at.tcp();
      const answered = read(socket, (text) => text.includes('<page>'));
      socket.write(request([`${name}: Upgrade, HTTP2-Settings`, 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']));
      t.match(await answered, /^HTTP\/1.1 200/, name);
      socket.destroy();
    }
  });

  t.test('an upgrade elsewhere gets the response, once it is there', async (t) => {
    const at = await serve(t, () => turn().then(() => ({ status: 403, headers: {}, body: 'no' })));
    t.match(await at.client('/other').opened().catch(String), /403/);
    await at.stillServes(t);
  });

  t.test('requests that are aborted while the answer is pending harm nobody', async (t) => {
    const pending: (() => void)[] = [];
    let arrived = () => {};
    const at = await serve(t, ({ path }) => {
      if (path === '/health') return { status: 200, headers: {}, body: 'ok' };
      return new Promise((resolve) => {
        pending.push(() => resolve({ status: 200, headers: {}, body: 'late' }));
        arrived();
      });
    });
    const ways = [[], [...upgrade, key]].flatMap((lines) =>
      (['destroy', 'resetAndDestroy', 'end'] as const).map((end) => ({ lines, end })),
    );
    for (const { lines, end } of ways) {
      for (const settle of ['before', 'after']) {
        const socket = await at.tcp();
        const there = new Promise<void>((resolve) => {
          arrived = resolve;
        });
        socket.write(request(lines, '/slow'));
        await there;
        socket[end]();
        if (settle === 'after') {
          await new Promise((resolve) =>
            socket.closed ? resolve(undefined) : socket.once('close', resolve),
          );
          t.equal(await (await fetch(url(at, '/health'))).text(), 'ok');
        }
        for (const resolve of pending.splice(0)) resolve();
        socket.destroy();
        t.equal(await (await fetch(url(at, '/health'))).text(), 'ok', `${end}, settled ${settle}`);
      }
    }
  });

  t.test('what follows a refused upgrade is answered, or the connection ends', async (t) => {
    const at = await serve(t, ({ path }) => ({ status: 403, headers: {}, body: `<${path}>` }));
    const socket = await at.tcp();
    const answered = read(socket, (text) => text.includes('</next>'));
    socket.write(request([...upgrade, key], '/other'));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(request([], '/next'));
    t.match(await answered, /^HTTP\/1.1 403[\s\S]*<\/other>/);
    socket.destroy();
  });

  t.test('a HEAD request gets no body, which would be taken for the next response', async (t) => {
    const at = await serve(t, ({ path }) => ({ status: 200, headers: {}, body: `<${path}>` }));
    const socket = await at.tcp();
    const answered = read(socket, (text) => text.includes('</2>'));
    socket.write(request([], '/1', 'HEAD') + request([], '/2'));
    t.same((await answered).match(/<.*?>/g), ['</2>']);
    socket.destroy();
  });

  t.test('pipelined requests are answered in order', async (t) => {
    const at = await serve(t, ({ path }) => ({ status: 200, headers: {}, body: `<${path}>` }));
    const socket = await at.tcp();
    const answered = read(socket, (text) => text.includes('</3>'));
    socket.write([1, 2, 3].map((path) => request([], `/${path}`)).join(''));
    t.same((await answered).match(/<.*?>/g), ['</1>', '</2>', '</3>']);
    socket.destroy();
  });

  t.test("pipelined requests whose answers come later never get each other's", async (t) => {
    const waits: (() => void)[] = [];
    const at = await serve(t, ({ path }) => {
      if (path === '/health') return { status: 200, headers: {}, body: '' };
      return new Promise((resolve) => {
        waits.push(() => resolve({ status: 200, headers: {}, body: `<${path}>` }));
      });
    });
    const socket = await at.tcp();
    const answered = read(socket, (text) => text.includes('</2>'));
    socket.write([1, 2].map((path) => request([], `/${path}`)).join(''));
    await fetch(url(at, '/health'));
    for (const resolve of waits.reverse()) resolve();
    // One implementation answers both, the other ends such a connection.
    t.match((await answered).match(/<.*?>/g)?.join('') ?? '', /^(<\/1><\/2>)?$/);
    socket.destroy();
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
