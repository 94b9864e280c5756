import { once } from 'node:events';
import { io } from 'socket.io-client';
import t from 'tap';
import { WebSocket } from 'ws';
import type { Logger } from '../../server/logger.ts';
import { silent, startServer } from '../support/servers.ts';

t.setTimeout(100_000);

async function stage(env: Record<string, string>) {
  const lines: { address?: string }[] = [];
  const note = (line: object | string) => void lines.push(line as { address?: string });
  const logger: Logger = { ...silent, info: note, warn: note, child: () => logger };
  const server = await startServer(env, { logger });
  const at = `http://127.0.0.1:${server.port}`;
  const ask = async (from: string, token?: string) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`${at}/rooms/r/state`, { headers: { 'x-forwarded-for': from, ...authorization } }))
      .status;
  };
  return {
    server,
    at,
    ask,
    seen: (address: string) => lines.filter((one) => one.address === address).length,
  };
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[HT4] behind a trusted proxy each client has a rate of its own (${TRANSPORT})`, async (t) => {
    const { server, ask, seen } = await stage({
      TRANSPORT,
      TRUSTED_PROXIES: '127.0.0.0/8',
      API_LIMIT: '1/1000s',
    });
    t.teardown(() => server.close());
    t.same(
      [await ask('198.51.100.1'), await ask('9.9.9.9, 198.51.100.1'), await ask('198.51.100.1')],
      [200, 200, 429],
    );
    t.equal(await ask('198.51.100.2'), 200, 'nobody else is slowed down');
    t.equal(await ask('198.51.100.3', 'expired'), 401);
    t.equal(seen('198.51.100.3'), 1, 'suspicion names the client');
  });

  t.test(`[HT4] what others say of where they are is not believed (${TRANSPORT})`, async (t) => {
    const { server, ask } = await stage({ TRANSPORT, TRUSTED_PROXIES: '10.0.0.1', API_LIMIT: '1/1000s' });
    t.teardown(() => server.close());
    t.same(
      [await ask('198.51.100.1'), await ask('198.51.100.2'), await ask('198.51.100.3')],
      [200, 200, 429],
    );
  });

  t.test(`connections of all kinds are logged with their clients' addresses (${TRANSPORT})`, async (t) => {
    const { server, at, seen } = await stage({ TRANSPORT, TRUSTED_PROXIES: '127.0.0.1' });
    t.teardown(() => server.close());
    const native = { 'x-forwarded-for': '198.51.100.1' };
    const socket = new WebSocket(`${at.replace('http', 'ws')}/ws`, { headers: native });
    await once(socket, 'message');
    socket.terminate();
    t.equal(seen('198.51.100.1'), 1, 'WebSocket');
    for (const [index, transport] of (['websocket', 'polling'] as const).entries()) {
      const address = `198.51.100.${index + 2}`;
      const extraHeaders = { 'x-forwarded-for': address };
      const client = io(`${at}/scenes`, { forceNew: true, transports: [transport], extraHeaders });
      await new Promise((resolve) => client.once('connected', resolve));
      client.disconnect();
      t.equal(seen(address), 1, transport);
    }
    const abort = new AbortController();
    const headers = { 'x-forwarded-for': '198.51.100.4' };
    await fetch(`${at}/rooms/r/events`, { headers, signal: abort.signal });
    t.equal(seen('198.51.100.4'), 1, 'event stream');
    abort.abort();
  });
}
