import t from 'tap';
import { WebSocket } from 'ws';
import { createHttpServer } from '../../server/transport/http-server.ts';

t.test('a server without WebSockets answers requests', async (t) => {
  const server = createHttpServer(({ method, path, query }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: `${method} ${path} ${query}`,
  }));
  t.teardown(() => server.close());
  const port = await server.listen('127.0.0.1', 0);
  t.equal(await (await fetch(`http://127.0.0.1:${port}/health?a=b`)).text(), 'GET /health a=b');

  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  const error = await new Promise((resolve) => client.once('error', resolve));
  t.match(error, { message: /200/ });

  const other = createHttpServer(() => ({ status: 200, headers: {}, body: '' }));
  t.teardown(() => other.close());
  await t.rejects(other.listen('127.0.0.1', port), { message: /in use/, cause: { code: 'EADDRINUSE' } });

  await server.close();
  await t.rejects(fetch(`http://127.0.0.1:${port}/health`));
});
