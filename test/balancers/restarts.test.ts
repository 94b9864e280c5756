import t from 'tap';
import WebSocket from 'ws';
import { connect } from '../../clients/client/index.ts';
import { started } from '../native/server-process.ts';
import { balancers, noBalancer, startBalancer } from '../support/balancers.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { freePort } from '../support/servers.ts';

const CLIENTS = 20;

t.setTimeout(300_000);

for (const which of balancers) {
  t.test(
    `[ND10] behind ${which} each node that goes down sends people away once, and they stay on WebSockets`,
    { skip: noRedis || noBalancer(which) },
    async (t) => {
      const redis = await startRedis(t, { appendfsync: 'no' });
      const ports = [await freePort(), await freePort()] as const;
      const env = { STORE: 'redis', REDIS_URL: redis.url, HANDOVER_MS: '4500', MAX_ROOM_USERS: '100' };
      const start = (port: number) => started(t, { ...env, WS_PORT: String(port) });
      const nodes = await Promise.all(ports.map(start));
      const { port } = await startBalancer(t, which, [{ port: ports[0] }, { port: ports[1] }]);
      const away = new Map<number, number>();
      const clients = Array.from({ length: CLIENTS }, (_, index) => {
        const client = connect(`ws://127.0.0.1:${port}`, { WebSocket });
        t.teardown(() => client.close());
        client.on('status', (status) => {
          if (status === 'waiting') away.set(index, (away.get(index) ?? 0) + 1);
        });
        return client;
      });
      await Promise.all(clients.map((one, index) => one.join('r', { user: { userId: `u${index}` } }).joined));
      for (const [index, node] of nodes.entries()) {
        node.child.kill('SIGTERM');
        await node.ended;
        await until(() => clients.every(({ status }) => status === 'open'), 'everybody is back');
        await start(ports[index] as number);
      }
      for (const [index, { transport }] of clients.entries()) {
        t.equal(transport, 'websocket');
        t.ok((away.get(index) ?? 0) <= 2, `away ${away.get(index)} times`);
      }
      t.ok(away.size > CLIENTS / 2, 'by either node');
    },
  );
}
