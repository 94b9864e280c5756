import t from 'tap';
import type { AnalyticsSource, Happening } from '../../server/index.ts';
import { connect } from '../support/client.ts';
import { silent, startServer } from '../support/servers.ts';
import { onEach } from './stage.ts';

const events = [
  { type: 'page_view', page: '/dashboard' },
  { type: 'button_click', button: 'export' },
];

onEach(t, '[SO13] what an application counts is counted, and handed to the program', async (t, start) => {
  const got: { events: readonly unknown[]; from: AnalyticsSource }[] = [];
  const at = await start({}, { onAnalytics: (all, from) => got.push({ events: all, from }) });
  const ada = await at.client({ as: 'ada' });
  t.match(await ada.ask('analytics_events', events), { ok: true });
  t.match(got, [{ events, from: { userId: 'ada', connectionId: ada.socket.id } }]);
  t.match(await ada.ask('analytics_events', { type: 'page_view' }), {
    code: 'INVALID_FIELD',
    path: 'events',
  });
  t.match(await ada.ask('analytics_events', ['x'.repeat(70_000)]), { code: 'MESSAGE_TOO_LARGE' });
  t.equal(got.length, 1);
  const metrics = await (await fetch(`${at.url('')}/metrics`)).text();
  t.match(metrics, /^tandem_analytics_events_total 2$/m);
});

t.test('what the program does wrong with it ends nothing', async (t) => {
  const onAnalytics = () => {
    throw new Error('a fault of the program');
  };
  const server = await startServer({}, { onAnalytics });
  t.teardown(() => server.close());
  const client = await connect(server.port);
  t.match(await client.ask({ type: 'analytics', events }), { type: 'error', code: 'INTERNAL' });
  t.match(await client.ask({ type: 'analytics', events }), { code: 'INTERNAL' }, 'and it goes on');
  await client.close();
});

t.test('what the program does wrong with it later, or with what happens in rooms, is logged', async (t) => {
  const faults: unknown[] = [];
  const logger = {
    ...silent,
    error: (given: unknown) => void faults.push((given as { err: Error }).err.message),
  };
  // Functions that are async may be handed in, too.
  const onAnalytics = async () => {
    throw new Error('analytics');
  };
  const onHappening = async ({ type }: Happening) => {
    throw new Error(type);
  };
  const server = await startServer({}, { logger, onAnalytics, onHappening });
  t.teardown(() => server.close());
  const client = await connect(server.port);
  t.match(await client.ask({ type: 'analytics', events }), { type: 'ack' });
  await client.ask({ type: 'join', roomId: 'r', user: { userId: 'ada' } });
  while (faults.length < 3) await new Promise((resolve) => setTimeout(resolve, 2));
  t.same(faults.sort(), ['analytics', 'member.joined', 'room.created']);
  await client.close();
});
