import t from 'tap';
import { EventLog } from '../../contract/transport/event-log.ts';
import { onEach, recording } from './stage.ts';

const timing = { pingIntervalMs: 300, pingTimeoutMs: 200, maxPayloadBytes: 1000 };

onEach(t, 'a session over long-polling begins with an open packet', async (t, start) => {
  const at = await start({ options: timing });
  for (const path of ['/socket.io/', '/socket.io']) {
    const response = await fetch(at.url('EIO=4&transport=polling&x=y', path), {
      headers: { authorization: 'Bearer a', cookie: 'c=d', origin: 'https://app.example' },
    });
    t.equal(response.status, 200);
    t.equal(response.headers.get('content-type'), 'text/plain; charset=UTF-8');
    t.equal(response.headers.get('set-cookie'), null);
    const body = await response.text();
    t.equal(body[0], '0');
    const { sid, ...rest } = JSON.parse(body.slice(1));
    t.same(rest, { upgrades: ['websocket'], pingInterval: 300, pingTimeout: 200, maxPayload: 1000 });
    const { headers, ...handshake } = await at.handshake(sid);
    t.match(headers, { authorization: 'Bearer a', cookie: 'c=d', host: `127.0.0.1:${at.port}` });
    t.same(handshake, {
      path,
      query: 'EIO=4&transport=polling&x=y',
      authorization: 'Bearer a',
      cookie: 'c=d',
      origin: 'https://app.example',
      host: `127.0.0.1:${at.port}`,
      address: '127.0.0.1',
      protocol: '',
    });
  }
});

onEach(t, 'a session over a WebSocket begins with an open packet, without upgrades', async (t, start) => {
  const at = await start({ options: timing });
  for (const path of ['/socket.io/', '/socket.io']) {
    const { client, session } = await at.websocket({}, path);
    t.equal((await at.handshake(session.id)).query, 'EIO=4&transport=websocket');
    t.same(client.all, [
      `0{"sid":"${session.id}","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000}`,
    ]);
  }
});

onEach(t, 'a request that is no part of any session is told why', async (t, start) => {
  const at = await start();
  const { sid } = await at.polling();
  const cases: [method: string, query: string, code: number, message: string][] = [
    ['GET', '', 0, 'Transport unknown'],
    ['GET', 'EIO=4', 0, 'Transport unknown'],
    ['GET', 'EIO=4&transport=tcp', 0, 'Transport unknown'],
    ['GET', 'EIO=4&transport=constructor', 0, 'Transport unknown'],
    ['GET', 'EIO=4&transport=__proto__', 0, 'Transport unknown'],
    ['GET', 'EIO=4&transport=polling&sid=', 1, 'Session ID unknown'],
    ['GET', 'EIO=4&transport=polling&sid=x', 1, 'Session ID unknown'],
    ['GET', 'EIO=4&transport=polling&sid=__proto__', 1, 'Session ID unknown'],
    ['POST', 'EIO=4&transport=polling&sid=constructor', 1, 'Session ID unknown'],
    ['POST', 'EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['PUT', 'EIO=4&transport=polling', 2, 'Bad handshake method'],
    ['GET', 'EIO=4&transport=websocket', 3, 'Bad request'],
    ['GET', `EIO=4&transport=websocket&sid=${sid}`, 3, 'Bad request'],
    ['DELETE', `EIO=4&transport=polling&sid=${sid}`, 3, 'Bad request'],
    ['GET', 'transport=polling', 5, 'Unsupported protocol version'],
    ['GET', 'EIO=3&transport=polling', 5, 'Unsupported protocol version'],
    ['GET', 'EIO=abc&transport=polling', 5, 'Unsupported protocol version'],
  ];
  for (const [method, query, code, message] of cases) {
    const response = await fetch(at.url(query), { method });
    t.equal(response.status, 400, `${method} ${query}`);
    t.equal(response.headers.get('content-type'), 'application/json');
    t.same(await response.json(), { code, message });
  }
  t.equal(at.events.of('opened').length, 1);
});

onEach(t, 'a WebSocket that is no part of any session is answered by HTTP', async (t, start) => {
  const at = await start();
  const { session } = await at.websocket();
  const cases: [query: string, code: number][] = [
    ['EIO=4', 0],
    ['EIO=4&transport=__proto__', 0],
    ['EIO=4&transport=websocket&sid=__proto__', 1],
    ['EIO=4&transport=polling', 3],
    [`EIO=4&transport=websocket&sid=${session.id}`, 3],
    ['EIO=3&transport=websocket', 5],
  ];
  for (const [query, code] of cases) {
    const { status, body } = await at.frames(query).refused();
    t.equal(status, 400, query);
    t.match(JSON.parse(body), { code });
  }
  t.equal(at.events.of('opened').length, 1);
});

onEach(t, 'a transport that is not allowed is unknown', async (t, start) => {
  const at = await start({ options: { transports: ['polling'] } });
  t.match(await at.frames('EIO=4&transport=websocket').refused(), { status: 400 });
  const response = await fetch(at.url('EIO=4&transport=polling'));
  t.same(JSON.parse((await response.text()).slice(1)).upgrades, []);

  const other = await start({ options: { transports: ['websocket'] } });
  t.equal((await fetch(other.url('EIO=4&transport=polling'))).status, 400);
  await other.websocket();
});

onEach(t, 'every mount has its own handler, and other paths theirs', async (t, start) => {
  const other = new EventLog();
  const echo = recording(other, {
    received: (session, text) => session.send(`4${text}`),
  });
  const at = await start({
    mounts: [{ path: '/engine.io/', handler: echo, options: { pingIntervalMs: 7 } }],
  });
  const poller = await at.polling('/engine.io/');
  t.equal(await poller.post('4hello'), '200 ok');
  t.equal(await poller.poll(), '200 4hello');
  t.equal(other.of('opened').length, 1);
  t.equal(at.events.of('opened').length, 0);
  t.match(await fetch(at.url(`EIO=4&transport=polling&sid=${poller.sid}`)), { status: 400 });

  const native = await at.frames('EIO=4&transport=websocket', {}, '/').opened();
  native.socket.send('4raw');
  t.equal((await at.native.first('received')).text, '4raw');
  t.equal(await (await fetch(at.url('', '/health'))).text(), '/health');
  t.equal((await fetch(at.url('EIO=4&transport=polling', '/socket.io/deeper'))).status, 404);
  t.match(await at.frames('EIO=4&transport=websocket', {}, '/elsewhere').refused(), { status: 404 });
});

onEach(t, 'a cookie that is asked for holds the id of the session', async (t, start) => {
  const at = await start({ options: { cookie: { name: 'io', sameSite: 'None', secure: true } } });
  const response = await fetch(at.url('EIO=4&transport=polling'));
  const { sid } = JSON.parse((await response.text()).slice(1));
  t.equal(response.headers.get('set-cookie'), `io=${sid}; Path=/; HttpOnly; SameSite=None; Secure`);
});

onEach(t, 'a subprotocol that the client insists on is granted', async (t, start) => {
  const at = await start();
  const client = at.frames('EIO=4&transport=websocket', { headers: { 'sec-websocket-protocol': 'a, b' } });
  const granted = new Promise((resolve) =>
    client.socket.once('upgrade', ({ headers }) => resolve(headers['sec-websocket-protocol'])),
  );
  t.equal(await granted, 'a');
});
