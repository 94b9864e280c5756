import t from 'tap';
import { readConfig } from '../../server/config.ts';
import { createServer } from '../../server/server.ts';
import { connect } from '../support/client.ts';
import { silent, startServer, TEST_SECRET } from '../support/servers.ts';
import { createGatedLog } from './gated-log.ts';
import { add } from './person.ts';

async function get(port: number, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  const text = await response.text();
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text,
  };
}

/** The value of a sample, or NaN. */
function sample(metrics: string, name: string): number {
  const line = metrics.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? Number.NaN);
}

async function startOn(log: ReturnType<typeof createGatedLog>, env: Record<string, string>) {
  const settings = {
    STORE: 'memory',
    WS_PORT: '0',
    HOST: '127.0.0.1',
    JWT_SECRET: TEST_SECRET,
    AUTH: 'optional',
  };
  return createServer({ config: readConfig({ ...settings, ...env }), logger: silent, log });
}

for (const TRANSPORT of ['uws', 'ws']) {
  t.test(`[CL2] health, readiness and unknown paths (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT });
    t.teardown(() => server.close());
    for (const path of ['/health', '/ready', '/health?a=b']) {
      const { status, type, text } = await get(server.port, path);
      t.equal(status, 200);
      t.match(type, /^application\/json/);
      t.strictSame(JSON.parse(text), { ok: true });
    }
    for (const path of ['/nothing', '/health/', '/Health', '/constructor', '/__proto__', '/ws', '/']) {
      const { status, type, text } = await get(server.port, path);
      t.equal(status, 404, path);
      t.match(type, /^application\/json/);
      t.hasStrict(JSON.parse(text), { code: 'NOT_FOUND' });
    }
    const refused = await get(server.port, '/health', { method: 'POST', body: '{}' });
    t.equal(refused.status, 405);
    t.equal(refused.headers.get('allow'), 'GET, HEAD');
    t.hasStrict(await get(server.port, '/health', { method: 'HEAD' }), { status: 200, text: '' });
  });

  t.test(`[ER5] /ready is 503 while the log cannot be written; /health is not (${TRANSPORT})`, async (t) => {
    const log = createGatedLog();
    const server = await startOn(log, { TRANSPORT });
    t.teardown(() => server.close());
    t.equal((await get(server.port, '/ready')).status, 200);
    log.failing = true;
    const { status, text } = await get(server.port, '/ready');
    t.equal(status, 503);
    t.strictSame(JSON.parse(text), { ok: false });
    t.equal((await get(server.port, '/health')).status, 200);
    log.failing = false;
    t.equal((await get(server.port, '/ready')).status, 200);
  });

  t.test(`[CL2] /ready is 503 while the server goes down (${TRANSPORT})`, async (t) => {
    const log = createGatedLog();
    const server = await startOn(log, { TRANSPORT, HEALTH_PORT: '0' });
    const client = await connect(server.port);
    await client.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
    log.hold();
    client.send({ type: 'message', text: 'accepted', ref: 'last' });
    await client.sync();
    const closing = server.close();
    t.equal((await get(server.healthPort ?? 0, '/ready')).status, 503);
    t.equal((await get(server.healthPort ?? 0, '/health')).status, 200, 'it is alive all the same');
    log.release();
    await closing;
    t.equal((await client.closed).code, 4000);
    t.hasStrict(
      client.messages.find((one) => one.ref === 'last'),
      { type: 'ack' },
      'and what was accepted is acknowledged',
    );
  });

  t.test(`HEALTH_PORT is separate (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, HEALTH_PORT: '0' });
    t.teardown(() => server.close());
    const port = server.healthPort ?? 0;
    t.not(port, server.port);
    for (const path of ['/health', '/ready', '/metrics']) t.equal((await get(port, path)).status, 200);
    await t.rejects(connect(port), 'no WebSockets there');
  });

  t.test(`/metrics has every family, and counts (${TRANSPORT})`, async (t) => {
    const server = await startServer({ TRANSPORT, RATE_LIMIT: '12/10s' });
    t.teardown(() => server.close());
    const ada = await connect(server.port);
    const ben = await connect(server.port, { protocols: ['tandem.v1'] });
    await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
    await ben.ask({ type: 'join', roomId: 'room', user: { userId: 'ben' } });
    await ada.ask(add('i'));
    t.equal((await ben.ask(add('i'))).code, 'ALREADY_EXISTS');
    await ada.ask({ type: 'select', planetId: 'p' });
    ben.send({ type: 'select', planetId: 'p' });
    await ben.next((one) => one.type === 'conflict');
    ada.send({ type: 'cursor', position: [1, 2] });
    await ben.next((one) => one.type === 'cursor');
    ada.socket.send('not json');
    for (let count = 0; count < 12; count++) ada.send({ type: 'heartbeat' });
    await ben.sync();
    await ada.next((one) => one.code === 'RATE_LIMITED');
    const { status, type, text } = await get(server.port, '/metrics');
    t.equal(status, 200);
    t.match(type, /^text\/plain; version=0\.0\.4/);
    t.equal(sample(text, 'tandem_connections{transport="websocket",dialect="n1"}'), 1);
    t.equal(sample(text, 'tandem_connections{transport="websocket",dialect="nb"}'), 1);
    t.equal(sample(text, 'tandem_rooms'), 1);
    t.equal(sample(text, 'tandem_members'), 2);
    t.equal(sample(text, 'tandem_messages_received_total{type="join"}'), 2);
    t.equal(sample(text, 'tandem_messages_received_total{type="cursor"}'), 1);
    t.ok(sample(text, 'tandem_messages_sent_total{type="cursor"}') >= 1);
    t.ok(sample(text, 'tandem_messages_sent_total{type="ack"}') >= 10);
    t.ok(sample(text, 'tandem_messages_sent_total{type="welcome"}') >= 2);
    t.ok(sample(text, 'tandem_bytes_received_total') > 300);
    t.ok(sample(text, 'tandem_bytes_sent_total') > 300);
    t.ok(sample(text, 'tandem_frames_sent_total') > 0);
    t.equal(sample(text, 'tandem_errors_total{code="NOT_JSON"}'), 1);
    t.equal(sample(text, 'tandem_errors_total{code="ALREADY_EXISTS"}'), 1);
    t.equal(sample(text, 'tandem_errors_total{code="CONFLICT"}'), 1);
    t.ok(sample(text, 'tandem_errors_total{code="RATE_LIMITED"}') >= 1);
    t.ok(sample(text, 'tandem_rate_limited_total') >= 1);
    t.equal(sample(text, 'tandem_lagging_connections'), 0);
    t.equal(sample(text, 'tandem_lagged_total'), 0);
    t.equal(sample(text, 'tandem_resynced_total'), 0);
    t.ok(sample(text, 'tandem_tick_seconds_count') >= 2);
    t.ok(sample(text, 'tandem_append_seconds_count') >= 2);
    t.ok(sample(text, 'tandem_appended_entries_total') >= 3);
    t.ok(sample(text, 'nodejs_eventloop_lag_p99_seconds') >= 0);
    t.ok(sample(text, 'process_resident_memory_bytes') > 0);
    await Promise.all([ada.close(), ben.close()]);
    const after = await get(server.port, '/metrics');
    t.equal(sample(after.text, 'tandem_connections{transport="websocket",dialect="n1"}'), 0);
    t.equal(sample(after.text, 'tandem_rooms'), 0);
    t.notMatch(after.text, /ada|ben/, 'and names nobody');
  });
}

t.test('/metrics: the frames and bytes of answers are counted, too', async (t) => {
  const server = await startServer();
  t.teardown(() => server.close());
  const ada = await connect(server.port);
  for (let count = 0; count < 10; count++) await ada.sync();
  const { text } = await get(server.port, '/metrics');
  t.ok(sample(text, 'tandem_frames_sent_total') >= 11);
  t.ok(sample(text, 'tandem_bytes_sent_total') > 500);
  await ada.close();
});

t.test('/metrics: lagging connections', async (t) => {
  const server = await startServer({ STREAM_LIMIT: '500000/1s', MAX_BUFFERED_BYTES: '65536' });
  t.teardown(() => server.close());
  const [ada, ben] = [await connect(server.port), await connect(server.port)];
  for (const [index, one] of [ada, ben].entries()) {
    await one.ask({ type: 'join', roomId: 'room', user: { userId: `u${index}` } });
  }
  ben.socket.pause();
  const text = 'x'.repeat(50_000);
  await ada.ask(add('i'));
  const lagging = async () => sample((await get(server.port, '/metrics')).text, 'tandem_lagging_connections');
  for (let count = 0; count < 2000 && (await lagging()) === 0; count++) {
    await ada.ask({
      type: 'sceneOperation',
      operation: { type: 'update', target: 'item', id: 'i', data: { text: `${count}${text}` } },
    });
  }
  t.equal(await lagging(), 1);
  ben.socket.resume();
  await ben.sync();
  await ben.next((one) => one.type === 'sceneState' || one.type === 'sceneDelta', ben.messages.length - 1);
  const after = (await get(server.port, '/metrics')).text;
  t.ok(sample(after, 'tandem_lagged_total') >= 1);
  t.equal(sample(after, 'tandem_resynced_total'), sample(after, 'tandem_lagged_total'));
  await Promise.all([ada.close(), ben.close()]);
});
