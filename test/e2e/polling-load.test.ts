import t from 'tap';
import { startChildServer } from './child-server.ts';
import { pollingLoad } from './polling-load.ts';

const CLIENTS = 1000;

t.setTimeout(550_000);

t.test('of 1,000 clients over long-polling nobody misses a message or hears one twice', async (t) => {
  const server = await startChildServer(t, { env: { STORE: 'memory' } });
  await pollingLoad(t, { port: server.port, clients: CLIENTS, rounds: 4, atOnce: CLIENTS });
  t.equal(await server.metric('tandem_members'), CLIENTS, 'in their rooms; their own they only hear');
});
