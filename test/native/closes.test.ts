import t from 'tap';
import { closes } from '../../protocol/index.ts';
import { connect } from '../support/client.ts';
import { startServer, startWired } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { bearer, token } from './person.ts';

type Client = Awaited<ReturnType<typeof connect>>;

interface Case {
  name: keyof typeof closes;
  env?: Record<string, string>;
  headers?: () => Promise<Record<string, string>>;
  provoke?(client: Client): void;
}

const cases: Case[] = [
  { name: 'CONNECT_TIMEOUT', env: { AUTH: 'required', CONNECT_TIMEOUT_MS: '100' } },
  { name: 'TOKEN_INVALID', headers: async () => ({ authorization: 'Bearer nonsense' }) },
  { name: 'TOKEN_EXPIRED', headers: () => bearer({ sub: 'ada', exp: 1_000_000_000 }) },
  {
    name: 'ORIGIN_REFUSED',
    headers: async () => ({ cookie: `token=${await token({ sub: 'ada' })}`, origin: 'https://evil.example' }),
  },
  {
    name: 'FLOOD',
    env: { RATE_LIMIT: '5/10s' },
    provoke: (client) => {
      for (let count = 0; count < 60; count++) client.send({ type: 'heartbeat' });
    },
  },
  {
    name: 'HEARTBEAT_TIMEOUT',
    env: { HEARTBEAT_MS: '1000', HEARTBEAT_GRACE_MS: '1000' },
    provoke: (client) => client.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } }),
  },
];

for (const TRANSPORT of ['uws', 'ws']) {
  for (const { name, env = {}, headers, provoke } of cases) {
    t.test(`[CL1] ${name} (${TRANSPORT})`, async (t) => {
      const server = await startServer({ TRANSPORT, ...env });
      t.teardown(() => server.close());
      const client = await connect(server.port, { headers: (await headers?.()) ?? {} });
      provoke?.(client);
      const { code, reason } = await client.closed;
      t.equal(code, closes[name].code);
      t.same(JSON.parse(reason), { code: name });
    });
  }

  t.test(
    `[CL2] a server that closes sends everybody away, each with a delay of its own (${TRANSPORT})`,
    async (t) => {
      const server = await startServer({ TRANSPORT });
      const clients = await Promise.all(Array.from({ length: 20 }, () => connect(server.port)));
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.send({ type: 'join', roomId: 'room', user: { userId: `u${index}` } });
        client.send({ type: 'message', text: 'x', ref: index });
      }
      await Promise.all(clients.map((client) => client.sync()));
      await server.close();
      const delays = [];
      for (const client of clients) {
        const { code, reason } = await client.closed;
        t.equal(code, 4000);
        const { retryAfterMs, ...rest } = JSON.parse(reason);
        t.same(rest, { code: 'SHUTDOWN' });
        t.ok(Number.isInteger(retryAfterMs) && retryAfterMs >= 0 && retryAfterMs <= 5000);
        delays.push(retryAfterMs);
      }
      t.ok(new Set(delays).size > 10);
      await t.rejects(connect(server.port));
    },
  );
}

t.test('[CL1] codes to 4099 say reconnect, those from 4100 do not; none is there twice', (t) => {
  const all = Object.values(closes);
  for (const { code, reconnect } of all) t.equal(reconnect, code < 4100);
  for (const { code } of all) t.ok(code >= 4000 && code < 4200);
  t.equal(new Set(all.map(({ code }) => code)).size, all.length);
  t.end();
});

t.test('[CL2] commands that keep coming do not hold up the end', async (t) => {
  const log = createGatedLog();
  const at = await startWired({ RATE_LIMIT: '1000000/1s' }, { log });
  const ada = at.connect();
  ada.send({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
  await at.settle();
  log.hold();
  ada.send({ type: 'message', text: 'accepted', ref: 'accepted' });
  await at.settle();
  const closing = at.server.close();
  for (let round = 0; round < 50 && ada.closedWith === undefined; round++) {
    ada.send({ type: 'message', text: 'late' });
    log.release();
    log.hold();
    await at.settle();
  }
  t.equal(ada.closedWith?.code, 4000, 'closed while the client went on sending');
  t.ok(ada.take().some((one) => one.type === 'ack' && one.ref === 'accepted'));
  ada.close();
  log.release();
  await closing;
});
