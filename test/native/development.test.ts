import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { onEach } from '../socket-io/stage.ts';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';

/** No key is set. */
const development = { JWT_SECRET: '', CORS_ORIGIN: 'https://app.example' };
const foreign = ['https://evil.example', 'null'];
const own = [undefined, 'http://localhost:5173', 'https://app.example', 'vscode-webview://a'];
const headersOf = (origin: string | undefined): Record<string, string> =>
  origin === undefined ? {} : { origin };

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(
    `[ID14] in development mode no page of the web is a guest, by WebSocket (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({ TRANSPORT, ...development });
      t.teardown(() => server.close());
      for (const origin of foreign) {
        const one = await connect(server.port, { headers: headersOf(origin) });
        const first = await one.nextOf('welcome').catch(() => one.closed);
        t.match(first, { code: 4105, reason: '{"code":"ORIGIN_REFUSED"}' }, origin);
      }
      for (const origin of own) {
        const one = await connect(server.port, { headers: headersOf(origin) });
        t.match(
          await one.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } }),
          { type: 'ack' },
          String(origin),
        );
        await one.close();
      }
    },
  );

  t.test(`[ID14] nor by requests and event streams (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, ...development });
    t.teardown(() => server.close());
    const ask = async (path: string, headers: Record<string, string>, body?: string) => {
      const { port } = server;
      const method = body === undefined ? 'GET' : 'POST';
      const asked = request({ port, host: '127.0.0.1', path, method, headers });
      asked.on('error', () => {});
      asked.end(body);
      const [response]: IncomingMessage[] = await once(asked, 'response');
      response?.destroy();
      return response?.statusCode;
    };
    const json = { 'content-type': 'application/json' };
    const message = JSON.stringify({ clientId: 'c', userId: 'ada', text: 'hi' });
    const all: [path: string, headers?: Record<string, string>, body?: string][] = [
      ['/rooms/r/state'],
      ['/rooms/r/events?userId=ada'],
      ['/ws/events'],
      ['/rooms/r/messages', json, message],
    ];
    for (const [path, headers = {}, body] of all) {
      for (const origin of own)
        t.equal(await ask(path, { ...headers, ...headersOf(origin) }, body), 200, path);
      for (const origin of foreign)
        t.equal(await ask(path, { ...headers, ...headersOf(origin) }, body), 403, path);
      // A name of a stranger's that leads here: to a browser that is the server's own page.
      const host = `evil.example:${server.port}`;
      t.equal(await ask(path, { ...headers, host }, body), 403, `${path} by another name`);
      t.equal(await ask(path, { ...headers, host, origin: `http://${host}` }, body), 403);
    }
  });

  t.test(
    `[ID5] with a key guests may come from anywhere, where they may at all (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({ TRANSPORT });
      t.teardown(() => server.close());
      for (const origin of foreign) {
        const one = await connect(server.port, { headers: headersOf(origin) });
        t.match(await one.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } }), { type: 'ack' });
        await one.close();
      }
    },
  );
}

onEach(t, '[ID14] nor by Socket.IO', async (t, start) => {
  const at = await start(development);
  const from = (origin: string | undefined) => ({ extraHeaders: headersOf(origin), reconnection: false });
  for (const origin of foreign) {
    const one = await at.client(from(origin));
    const first = await Promise.race([one.next('connect_error'), one.next('connect')]);
    t.match(first, { message: 'Authentication failed', data: { code: 'ORIGIN_REFUSED' } }, origin);
  }
  for (const origin of own) {
    const one = await at.client(from(origin));
    t.match(await one.ask('join_room', { roomId: 'r', userId: 'ada' }), { ok: true }, String(origin));
    one.socket.disconnect();
  }
});
