import { connect } from 'node:net';
import t from 'tap';
import { request } from '../../contract/transport/raw-peer.ts';
import { MAX_BUFFERED, onEach, STRICT_END, settled } from './stage.ts';

onEach(t, 'a poll waits until there is something, and takes all of one turn', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  const held = poller.poll();
  await settled(at);
  t.equal(session.send('4a'), 'sent');
  session.cork(() => {
    session.send({ binary: Uint8Array.of(1, 2, 3) });
    session.send(Buffer.from('4grüße'));
  });
  t.equal(await held, '200 4a\x1ebAQID\x1e4grüße');
  t.equal(session.send('4b'), 'buffered');
  t.ok(session.bufferedBytes() > 0);
  t.equal(await poller.poll(), '200 4b');
  t.equal(session.bufferedBytes(), 0);
});

onEach(t, 'messages of a body arrive in order, without their `4`', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const response = await fetch(poller.url, { method: 'POST', body: '4a\x1e4\x1ebAQID\x1e4grüße\x1e6' });
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'text/html');
  t.equal(await response.text(), 'ok');
  t.same(
    at.events.of('received').map(({ text, isBinary }) => [text, isBinary]),
    [
      ['a', false],
      ['', false],
      ['010203', true],
      ['grüße', false],
    ],
  );
});

onEach(t, 'two polls at once end the session', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const first = poller.poll();
  await settled(at);
  t.equal(await poller.poll(), '400 {"code":3,"message":"Bad request"}');
  t.equal(await first, '200 1');
  t.equal(await poller.poll(), '400 {"code":1,"message":"Session ID unknown"}');
  t.same(
    at.events.of('closed').map(({ code, clean }) => [code, clean]),
    [[1002, false]],
  );
});

onEach(t, 'two bodies at once end the session', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const socket = connect(at.port, '127.0.0.1');
  socket.on('error', () => {});
  const target = poller.url.slice(poller.url.indexOf('/socket.io'));
  const answer = new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))));
  socket.write(`${request(['Content-Length: 4'], target, 'POST')}4a`);
  await settled(at);
  t.match(await poller.post('4b'), /^400 /);
  socket.write('bc');
  t.match(await answer, /^HTTP\/1.1 400 /);
  socket.destroy();
  t.same(at.events.of('received'), []);
  t.equal((await at.events.first('closed')).code, 1002);
});

for (const [name, body, status] of [
  ['no type', 'abc', 400],
  ['a type that is none', '9', 400],
  ['nothing', '', 400],
  ['broken Base64', 'bA', 400],
  ['one bad packet behind a good one', '4a\x1ex', 400],
  ['an end without a packet', '4a\x1e', 400],
  ['bytes that are no UTF-8', Uint8Array.of(0x34, 0xff), 400],
  ['too many packets', Array(10_001).fill('4').join('\x1e'), 400],
  ['a ping, which is for the server to send', '2', 400],
  ['an open packet', '0{}', 400],
  ['an upgrade', '5', 400],
  ['more bytes than allowed', `4${'a'.repeat(30_000)}`, 413],
] as const) {
  onEach(t, `a body with ${name} ends its session at once, and no other`, async (t, start) => {
    const at = await start({ options: { maxPayloadBytes: 30_000 } });
    const [poller, other] = [await at.polling(), await at.polling()];
    const held = poller.poll();
    await settled(at);
    t.match(await poller.post(body), new RegExp(`^${status} `));
    t.equal(await held, '200 1');
    t.match(await poller.poll(), /^400 .*"code":1/);
    t.same(at.events.of('received'), []);
    t.same(
      at.events.of('closed').map(({ code, clean }) => [code, clean]),
      [[status === 413 ? 1009 : 1002, false]],
    );
    t.equal(await other.post('4alive'), '200 ok');
  });
}

onEach(t, 'a body without a length that is too large ends its session', async (t, start) => {
  const at = await start({ options: { maxPayloadBytes: 1000 } });
  const poller = await at.polling();
  const body = new ReadableStream({
    start(controller) {
      for (let part = 0; part < 100; part += 1) controller.enqueue(Buffer.alloc(1000, '4'));
      controller.close();
    },
  });
  const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
  t.equal((await fetch(poller.url, init)).status, 413);
  t.equal((await at.events.first('closed')).code, 1009);
});

onEach(t, 'a client that says goodbye has its poll released, and is not coming back', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const held = poller.poll();
  await settled(at);
  t.equal(await poller.post('4a\x1e1\x1e4b'), '200 ok');
  t.equal(await held, '200 6');
  t.match(await poller.poll(), /^400 /);
  t.same(
    at.events.all.slice(1).map((event) => ({ ...event, connection: undefined })),
    [
      { type: 'received', text: 'a', isBinary: false, connection: undefined },
      { type: 'closed', code: 1000, clean: true, connection: undefined },
    ],
  );
});

onEach(
  t,
  'a session that the server closes gives its rest to polls, and to the one after them its end alone',
  async (t, start) => {
    const at = await start();
    const [waiting, late] = [await at.strict(), await at.strict()];
    const held = waiting.poll();
    await settled(at);
    for (const { sid } of [waiting, late]) {
      const session = await at.session(sid);
      session.subscribe('room');
      for (let packet = 0; packet < 20; packet += 1) session.send(`4${packet}`);
      session.close(4001, 'slow');
      session.close(4002, 'again');
      session.terminate();
      t.equal(session.send('4after'), 'dropped');
      session.subscribe('room');
    }
    at.transport.publish('room', '4after');
    t.same(
      at.events.of('closed').map(({ code, clean }) => [code, clean]),
      Array(2).fill([4001, false]),
    );
    const first = ['200 40', ...Array.from({ length: 15 }, (_, index) => `4${index + 1}`)].join('\x1e');
    const rest = '200 416\x1e417\x1e418\x1e419';
    t.equal(await held, first);
    t.equal(await late.poll(), first);
    t.equal(await late.post('4ignored'), '200 ok');
    for (const poller of [waiting, late]) {
      t.equal(await poller.poll(), rest);
      t.equal(await poller.poll(), STRICT_END);
      t.match(await poller.poll(), /^400 .*"code":1/);
    }
    t.same(at.events.of('received'), []);
    t.equal(at.events.of('closed').length, 2);
  },
);

onEach(t, 'what a closed session has left is forgotten when nobody comes for it', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  (await at.session(poller.sid)).close(4001, 'slow');
  at.clock.advance(30_000);
  t.match(await poller.poll(), /^400 .*"code":1/);
});

onEach(t, 'a session may be closed as it opens', async (t, start) => {
  const at = await start({ opened: (session) => session.close(4000, 'full') });
  const poller = await at.polling();
  t.equal(await poller.poll(), '200 1');
  t.match(await poller.poll(), /^400 /);
});

onEach(t, 'a session that is terminated fails its poll', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const held = poller.poll();
  await settled(at);
  (await at.session(poller.sid)).terminate();
  t.match(await held, /^400 .*"code":1/);
  t.same(
    at.events.of('closed').map(({ code, clean }) => [code, clean]),
    [[1006, false]],
  );
});

onEach(t, 'a poll that is aborted ends the session', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const aborter = new AbortController();
  const held = poller.poll({ signal: aborter.signal });
  await settled(at);
  aborter.abort();
  await t.rejects(held);
  const { connection, code, clean } = await at.events.first('closed');
  t.same([connection.id, code, clean], [poller.sid, 1006, false]);
  t.equal(connection.send('4a'), 'dropped', 'nothing is lost silently');
  t.match(await poller.poll(), /^400 .*"code":1/);
});

onEach(t, 'a body that is aborted ends the session', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const socket = connect(at.port, '127.0.0.1');
  const target = poller.url.slice(poller.url.indexOf('/socket.io'));
  socket.write(`${request(['Content-Length: 100'], target, 'POST')}4a`);
  await settled(at);
  socket.destroy();
  const { code, clean } = await at.events.first('closed');
  t.same([code, clean], [1006, false]);
  t.same(at.events.of('received'), []);
});

onEach(t, 'published packets reach those who have subscribed, but for one', async (t, start) => {
  const at = await start();
  const [a, b] = [await at.polling(), await at.polling()];
  const { client, session: c } = await at.websocket();
  const [first, second] = [await at.session(a.sid), await at.session(b.sid)];
  for (const session of [first, second, c]) session.subscribe('room');
  at.transport.publish('room', '41');
  at.transport.publish('room', Buffer.from('42'), first);
  at.transport.publish('room', { binary: Uint8Array.of(3) }, c);
  second.unsubscribe('room');
  at.transport.publish('room', '44', c);
  c.send('4end');
  t.equal(await a.poll(), '200 41\x1ebAw==\x1e44');
  t.equal(await b.poll(), '200 41\x1e42\x1ebAw==');
  t.same((await client.through('4end')).slice(1), ['41', '42', '4end']);
});

onEach(t, 'a session that never polls has a bounded buffer, and is told what it lost', async (t, start) => {
  const at = await start({ dropped: (session) => session.unsubscribe('room') });
  const poller = await at.strict();
  const session = await at.session(poller.sid);
  session.subscribe('room');
  const packet = `4${'x'.repeat(999)}`;
  for (let turn = 0; turn < 20; turn += 1) {
    for (let count = 0; count < 50; count += 1) at.transport.publish('room', packet);
    await settled(at);
    t.ok(session.bufferedBytes() <= MAX_BUFFERED + packet.length + 16);
  }
  t.equal(session.send('4direct'), 'dropped');
  t.same(
    at.events.all.slice(1).map(({ type }) => type),
    ['dropped'],
  );
  t.equal(at.events.of('dropped')[0]?.text, packet);
  t.equal(await poller.poll(), `200 ${Array(16).fill(packet).join('\x1e')}`);
  t.ok(session.bufferedBytes() > 0);
  while (session.bufferedBytes() > 0) await poller.poll();
  t.equal(at.events.of('drained').length, Math.ceil(MAX_BUFFERED / 1016 / 16));
  t.equal(at.events.of('dropped').length, 1);
});

onEach(t, 'losses of one turn are reported once, after it, and before `drained`', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  session.subscribe('room');
  session.send(`4${'x'.repeat(MAX_BUFFERED)}`);
  at.transport.publish('room', '4lost');
  at.transport.publish('room', '4lost, too');
  t.equal(at.events.of('dropped').length, 0);
  await poller.poll();
  t.same(
    at.events.all.slice(1).map(({ type }) => type),
    ['dropped', 'drained'],
  );
  t.equal(at.events.of('dropped')[0]?.text, '4lost');
});

onEach(t, 'a loss is not reported after the end', async (t, start) => {
  const at = await start();
  const session = await at.session((await at.polling()).sid);
  session.subscribe('room');
  session.send(`4${'x'.repeat(MAX_BUFFERED)}`);
  at.transport.publish('room', '4lost');
  session.close(4001, 'slow');
  await settled(at);
  t.same(
    at.events.all.slice(1).map(({ type }) => type),
    ['closed'],
  );
});

onEach(t, 'tiny packets count for more than their bytes', async (t, start) => {
  const at = await start();
  const session = await at.session((await at.polling()).sid);
  let accepted = 0;
  while (session.send('4') !== 'dropped') accepted += 1;
  t.ok(accepted < MAX_BUFFERED / 16);
});

onEach(t, 'the end of the transport ends its sessions', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  await at.websocket();
  const held = poller.poll().catch(() => '400 ');
  await settled(at);
  await at.transport.close();
  t.match(await held, /^400 /);
  t.equal(at.events.of('closed').length, 2);
});
