import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import t from 'tap';
import { balancers, noBalancer, startBalancer } from '../support/balancers.ts';
import { startServer } from '../support/servers.ts';

/** All that comes back for a target that no client would send as it stands. */
async function get(port: number, target: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

t.setTimeout(60_000);

for (const which of balancers) {
  t.test(`strangers do not get the metrics through ${which}`, { skip: noBalancer(which) }, async (t) => {
    const node = await startServer();
    t.teardown(() => node.close());
    t.match(await get(node.port, '/%6Detrics?x'), 'tandem_rooms', 'the node shows them to whoever comes');
    const { port } = await startBalancer(t, which, [node, node]);
    t.match(await get(port, '/health'), /^HTTP\/1.1 200 /);
    for (const target of [
      '/metrics',
      '/metrics?x',
      '/%6Detrics',
      '/metric%73?x',
      `http://127.0.0.1:${port}/metrics`,
    ]) {
      const answer = await get(port, target);
      t.match(answer, /^HTTP\/1.1 404 /, target);
      t.notMatch(answer, 'tandem_', target);
    }
  });
}
