import t from 'tap';
import { MAX_BUFFERED, onEach } from './stage.ts';

onEach(t, 'messages arrive without their `4`, and frames leave as they are', async (t, start) => {
  const at = await start();
  const { client, session } = await at.websocket();
  for (const frame of ['4a', '4', Buffer.of(1, 2), 'bAwQ=', '4grüße', '6']) client.socket.send(frame);
  await at.events.count('received', 5);
  t.same(
    at.events.of('received', session).map(({ text, isBinary }) => [text, isBinary]),
    [
      ['a', false],
      ['', false],
      ['0102', true],
      ['0304', true],
      ['grüße', false],
    ],
  );
  t.equal(session.send('4a'), 'sent');
  session.cork(() => {
    session.send({ binary: Uint8Array.of(1, 2) });
    session.send(Buffer.from('4grüße'));
  });
  t.same((await client.until(4)).slice(1), ['4a', '<0102>', '4grüße']);
});

for (const [name, frame, code] of [
  ['no type', 'abc', 1002],
  ['nothing', '', 1002],
  ['broken Base64', 'bA', 1002],
  ['a ping', '2', 1002],
  ['an open packet', '0', 1002],
  ['an upgrade', '5', 1002],
  ['more bytes than allowed', `4${'a'.repeat(1000)}`, 1009],
] as const) {
  onEach(t, `a frame with ${name} ends its session at once, and no other`, async (t, start) => {
    const at = await start({ options: { maxPayloadBytes: 1000 } });
    const [{ client }, other] = [await at.websocket(), await at.websocket()];
    client.socket.send(frame);
    client.socket.send('4after');
    t.equal(await client.closed, code);
    t.same(
      at.events.of('closed').map((event) => [event.code, event.clean]),
      [[code, false]],
    );
    t.same(at.events.of('received'), []);
    other.client.socket.send('4alive');
    t.equal((await at.events.first('received')).text, 'alive');
  });
}

onEach(t, 'a close packet of the client is a goodbye', async (t, start) => {
  const at = await start();
  const { client } = await at.websocket();
  client.socket.send('1');
  client.socket.send('4after');
  t.equal(await client.closed, 1000);
  t.same(
    at.events.all.slice(1).map(({ type }) => type),
    ['closed'],
  );
  t.match(at.events.all[1], { code: 1000, clean: true });
});

for (const [code, clean] of [
  [1000, true],
  [4000, false],
] as const) {
  onEach(t, `a close frame of the client with ${code} comes through`, async (t, start) => {
    const at = await start();
    const { client } = await at.websocket();
    client.socket.close(code);
    t.match(await at.events.first('closed'), { code, clean });
  });
}

onEach(t, 'a session that the server closes ends with the code, and no close packet', async (t, start) => {
  const at = await start();
  const { client, session } = await at.websocket();
  session.send('4bye');
  session.close(4001, 'slow');
  session.close(4002, '');
  t.equal(session.send('4after'), 'dropped');
  t.equal(await client.closed, 4001);
  t.same(client.all.slice(1), ['4bye']);
  t.same(
    at.events.of('closed').map((event) => [event.code, event.clean]),
    [[4001, false]],
  );
});

onEach(t, 'a session that is terminated ends without a close packet', async (t, start) => {
  const at = await start();
  const { client, session } = await at.websocket();
  session.terminate();
  t.equal(await client.closed, 1006);
  t.equal(client.all.length, 1);
  t.match(at.events.of('closed'), [{ code: 1006, clean: false }]);
});

onEach(t, 'what a slow WebSocket loses is reported as by the transport', async (t, start) => {
  const at = await start({ dropped: (session) => session.unsubscribe('room') });
  const { client, session } = await at.websocket();
  session.subscribe('room');
  client.socket.pause();
  const packet = `4${'x'.repeat(20_000)}`;
  while (session.send(packet) !== 'dropped');
  t.ok(session.bufferedBytes() > MAX_BUFFERED);
  at.transport.publish('room', '4published');
  t.equal((await at.events.first('dropped')).text, '4published');
  client.socket.resume();
  await at.events.first('drained', () => session.bufferedBytes() === 0);
  t.equal(session.send('4end'), 'sent');
  t.notOk((await client.through('4end')).includes('4published'));
});
