import t, { type Test } from 'tap';
import WebSocket from 'ws';
import { connect } from '../../clients/client/index.ts';
import { started } from '../native/server-process.ts';
import { balancers, noBalancer, startBalancer } from '../support/balancers.ts';
import { noRedis, startRedis, until } from '../support/redis.ts';
import { freePort } from '../support/servers.ts';

const CLIENTS = 20;
const STREAMS = 8;
const AGAIN_MS = 200;

t.setTimeout(300_000);

for (const which of balancers) {
  t.test(
    `[ND10] behind ${which} a node that goes down sends everybody away once, and who comes back is let in`,
    { skip: noRedis || noBalancer(which) },
    async (t) => {
      const redis = await startRedis(t, { appendfsync: 'no' });
      const ports = [await freePort(), await freePort()] as const;
      const env = { STORE: 'redis', REDIS_URL: redis.url, HANDOVER_MS: '2400', MAX_ROOM_USERS: '100' };
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
      const streams = Array.from({ length: STREAMS }, () =>
        readOn(t, `http://127.0.0.1:${port}/rooms/r/events`),
      );
      await Promise.all(clients.map((one, index) => one.join('r', { user: { userId: `u${index}` } }).joined));
      for (const [index, node] of nodes.entries()) {
        node.child.kill('SIGTERM');
        await node.ended;
        await until(() => clients.every(({ status }) => status === 'open'), 'everybody is back');
        await until(() => streams.every(({ isOpen }) => isOpen), 'every stream is back');
        await start(ports[index] as number);
      }
      for (const [index, { transport }] of clients.entries()) {
        t.equal(transport, 'websocket');
        t.ok((away.get(index) ?? 0) <= 2, `away ${away.get(index)} times`);
      }
      t.ok(away.size > CLIENTS / 2, 'by either node');
      for (const { statuses } of streams) {
        t.strictSame(new Set(statuses), new Set([200]), 'after any other status an EventSource gives up');
      }
    },
  );
}

/** Reads an event stream as EventSource does, which comes back when it ends. */
function readOn(t: Test, url: string): { readonly statuses: number[]; isOpen: boolean } {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const seen = { statuses: [] as number[], isOpen: false };
  const read = async () => {
    const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: abort.signal });
    seen.statuses.push(response.status);
    seen.isOpen = response.ok;
    for await (const _ of response.body ?? []);
  };
  const goOn = async () => {
    while (!abort.signal.aborted) {
      await read().catch(() => {});
      seen.isOpen = false;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  };
  void goOn();
  return seen;
}
