import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface Balancer {
  readonly port: number;
  /** The nodes that get new connections. */
  readonly ready: ReadonlySet<number>;
}

const CHECK_MS = 200;

/**
 * A balancer of TCP connections on a free port: new ones go to the nodes whose `/ready` says 200, by turns; those
 * of another address than 127.0.0.1 by that address. Existing ones are left alone. Ends with the test.
 */
export async function startBalancer(t: Test, nodes: readonly number[]): Promise<Balancer> {
  const ready = new Set<number>();
  const sockets = new Set<Socket>();
  let turn = 0;
  const check = () => Promise.all(nodes.map(async (node) => ((await isReady(node)) ? ready.add(node) : ready.delete(node))));
  await check();
  const checks = setInterval(check, CHECK_MS);

  function choose({ remoteAddress = '' }: Socket): number[] {
    const [first, second, third, fourth] = remoteAddress.split('.').map(Number);
    const isAnybody = remoteAddress === '127.0.0.1';
    const number = isAnybody ? turn++ : [first, second, third, fourth].reduce<number>((sum, one) => sum + (one ?? 0), 0);
    const all = nodes.filter((node) => ready.has(node));
    const at = number % Math.max(1, all.length);
    return [...all.slice(at), ...all.slice(0, at)];
  }

  /** To the first that takes it. */
  async function join(client: Socket): Promise<void> {
    for (const port of choose(client)) {
      const server = connect({ port, host: '127.0.0.1', noDelay: true });
      const isTaken = await once(server, 'connect').then(
        () => true,
        () => false,
      );
      if (!isTaken) continue;
      sockets.add(server);
      const end = () => {
        for (const one of [client, server]) {
          one.destroy();
          sockets.delete(one);
        }
      };
      for (const one of [client, server]) one.on('error', end).on('close', end);
      // What was said last still passes.
      client.pipe(server).pipe(client);
      return;
    }
    client.destroy();
  }

  const listener = createServer({ noDelay: true, pauseOnConnect: true }, (client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    void join(client);
  });
  listener.listen({ port: 0, host: '127.0.0.1', backlog: 2048 });
  await once(listener, 'listening');
  t.teardown(() => {
    clearInterval(checks);
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (listener.address() as AddressInfo).port, ready };
}

async function isReady(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/ready`, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
