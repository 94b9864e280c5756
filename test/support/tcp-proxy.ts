import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Test } from 'tap';

/** What stands between two programs, and can get in their way. */
export interface TcpProxy {
  readonly port: number;
  /** Ends all connections at once, without a word. */
  cut(): void;
  /** What is said passes on; false: it waits, and comes later, or never where the connection is cut before. */
  pass(way: 'questions' | 'answers', passes: boolean): void;
  /** False: nobody new is let in. */
  accept(accepts: boolean): void;
  /** Whoever is let in from now on is led to this port. */
  lead(target: number): void;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

/** A proxy on a free port of 127.0.0.1; ends with the test. */
export async function startProxy(t: Test, first: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let target = first;
  const passing = { questions: true, answers: true };
  let accepting = true;
  const apply = ({ client, server }: Pair) => {
    if (passing.questions) client.resume();
    else client.pause();
    if (passing.answers) server.resume();
    else server.pause();
  };
  const cut = () => {
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
    pairs.clear();
  };
  const listener: Server = createServer((client) => {
    if (!accepting) return void client.destroy();
    const server = connect(target, '127.0.0.1');
    const pair = { client, server };
    pairs.add(pair);
    const end = () => {
      client.destroy();
      server.destroy();
      pairs.delete(pair);
    };
    for (const one of [client, server]) one.on('error', end).on('close', end);
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => client.write(bytes));
    apply(pair);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    cut();
    listener.close();
  });
  return {
    port: (listener.address() as { port: number }).port,
    cut,
    pass(way, passes) {
      passing[way] = passes;
      for (const pair of pairs) apply(pair);
    },
    accept(accepts) {
      accepting = accepts;
    },
    lead(to) {
      target = to;
    },
  };
}
