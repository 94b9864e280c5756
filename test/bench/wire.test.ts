import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type WebSocket, WebSocketServer } from 'ws';
import { Wire } from '../../bench/load/wire.ts';
import { withoutIPv6 } from '../support/servers.ts';

/** A wire to a server of the `ws` package, and what has come over it. */
async function connected(t: Test) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const heard: string[] = [];
  const ends: (number | string)[] = [];
  let look = () => {};
  const peer = once(server, 'connection') as Promise<[WebSocket]>;
  const opened = new Promise<Wire>((resolve) => {
    const wire: Wire = new Wire({
      host: '127.0.0.1',
      port,
      secure: false,
      path: '/ws?room=1',
      protocol: undefined,
      headers: { authorization: 'Bearer abc' },
      localAddress: undefined,
      opened: () => resolve(wire),
      received(bytes, start, end) {
        heard.push(bytes.toString('utf8', start, end));
        look();
      },
      closed(why) {
        ends.push(why);
        look();
      },
    });
  });
  const [[socket], wire] = await Promise.all([peer, opened]);
  t.teardown(() => {
    wire.cut();
    server.close();
  });
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => holds() && resolve();
      look();
    });
  return { socket, wire, heard, ends, until };
}

t.test('the load’s own WebSocket reads and writes frames of every length', async (t) => {
  const { socket, wire, heard, until } = await connected(t);
  const texts = [0, 1, 125, 126, 127, 65_535, 65_536, 300_000].map((length) =>
    'é'.repeat(length / 2).padEnd(1, 'x'),
  );
  for (const text of texts) socket.send(text);
  await until(() => heard.length === texts.length);
  t.same(heard, texts);
  const received: string[] = [];
  const all = new Promise<void>((resolve) => {
    socket.on('message', (bytes) => {
      received.push(bytes.toString());
      if (received.length === texts.length) resolve();
    });
  });
  for (const text of texts) wire.send(text);
  await all;
  t.same(received, texts);
});

t.test('it answers pings, and tells with which code it was closed', async (t) => {
  const { socket, ends, until } = await connected(t);
  const pong = once(socket, 'pong');
  socket.ping('are you there');
  t.equal((await pong)[0].toString(), 'are you there');
  socket.close(4000, 'enough');
  await until(() => ends.length > 0);
  t.same(ends, [4000]);
});

t.test('it names the server as an address does, also one of IPv6', { skip: withoutIPv6 }, async (t) => {
  const server = createHttpServer().listen(0, '::1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as { port: number };
  const asked = once(server, 'upgrade') as Promise<[IncomingMessage, Socket]>;
  const wire = new Wire({
    host: '::1',
    port,
    secure: false,
    path: '/',
    protocol: undefined,
    headers: {},
    localAddress: undefined,
    opened: () => {},
    received: () => {},
    closed: () => {},
  });
  const [request, socket] = await asked;
  socket.on('error', () => {});
  wire.cut();
  t.equal(request.headers.host, `[::1]:${port}`);
});

t.test('it tells what a server says that does not let it in', async (t) => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('data', () => socket.write('HTTP/1.1 401 Unauthorized\r\ncontent-length: 8\r\n\r\nno token'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const address = { host: '127.0.0.1', port, secure: false, path: '/', protocol: undefined };
  const why = await new Promise((closed) => {
    new Wire({
      ...address,
      headers: {},
      localAddress: undefined,
      opened: () => t.fail('it is not open'),
      received: () => {},
      closed,
    });
  });
  t.match(why, /401 Unauthorized.*no token/s);
});
