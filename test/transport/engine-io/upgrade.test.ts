import t from 'tap';
import { type EngineStage, type Frames, MAX_BUFFERED, onEach, type Poller, settled } from './stage.ts';

const upgradeQuery = ({ sid }: Poller) => `EIO=4&transport=websocket&sid=${sid}`;

/** A WebSocket that has been probed. */
async function probed(at: EngineStage, poller: Poller): Promise<Frames> {
  const client = await at.frames(upgradeQuery(poller)).opened();
  client.socket.send('2probe');
  t.same(await client.until(1), ['3probe']);
  return client;
}

onEach(t, 'an upgrade releases the poll, brings what is left, and moves the topics', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  session.subscribe('room');
  const held = poller.poll();
  await settled(at);
  const client = await probed(at, poller);
  t.equal(await held, '200 6');
  t.equal(await poller.poll(), '200 6', 'polls no longer wait');
  t.equal(session.send('41'), 'buffered');
  at.transport.publish('room', '42');
  session.send({ binary: Uint8Array.of(3) });
  client.socket.send('5');
  await client.until(4);
  t.equal(session.send('44'), 'sent');
  at.transport.publish('room', '45');
  at.transport.publish('room', '46', session);
  session.unsubscribe('room');
  at.transport.publish('room', '47');
  client.socket.send('4hello');
  t.equal((await at.events.first('received')).text, 'hello');
  session.send('4end');
  t.same((await client.through('4end')).slice(1), ['41', '42', '<03>', '44', '45', '4end']);
  t.match(await poller.poll(), /^400 .*"code":3/);
  t.match(await poller.post('4late'), /^400 .*"code":3/);
  t.same(at.events.of('closed'), []);
  client.socket.close(1000);
  t.match(await at.events.first('closed'), { connection: session, code: 1000, clean: true });
});

onEach(t, 'a poll that is held when the upgrade completes is released', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const client = await at.frames(upgradeQuery(poller)).opened();
  const held = poller.poll();
  await settled(at);
  client.socket.send('2probe');
  client.socket.send('5');
  t.equal(await held, '200 6');
  (await at.session(poller.sid)).send('4a');
  t.same(await client.until(2), ['3probe', '4a']);
});

for (const [name, spoil] of [
  ['closes', (client: Frames) => client.socket.close()],
  ['breaks off', (client: Frames) => client.socket.terminate()],
  ['sends a message too early', (client: Frames) => client.socket.send('4early')],
  ['sends binary', (client: Frames) => client.socket.send(Buffer.from('5'))],
  ['probes twice', (client: Frames) => client.socket.send('2probe')],
  ['sends what is no packet', (client: Frames) => client.socket.send('x'.repeat(100))],
  ['takes too long', (_: Frames, at: EngineStage) => at.clock.advance(10_000)],
] as const) {
  onEach(t, `an upgrade whose WebSocket ${name} leaves long-polling as it was`, async (t, start) => {
    const at = await start();
    const poller = await at.polling();
    const session = await at.session(poller.sid);
    session.subscribe('room');
    const client = await probed(at, poller);
    spoil(client, at);
    await client.closed;
    await settled(at);
    const held = poller.poll();
    await settled(at);
    at.transport.publish('room', '4a');
    t.equal(await held, '200 4a', 'polls wait again');
    t.equal(await poller.post('4b'), '200 ok');
    t.same(
      at.events.of('received').map(({ text }) => text),
      ['b'],
    );
    t.same(at.events.of('closed'), []);
    const again = await probed(at, poller);
    again.socket.send('5');
    session.send('4c');
    t.same((await again.through('4c')).slice(1), ['4c']);
  });
}

onEach(t, 'an upgrade without a probe is none', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const client = await at.frames(upgradeQuery(poller)).opened();
  client.socket.send('5');
  await client.closed;
  t.equal(await poller.post('4a'), '200 ok');
});

onEach(t, 'a second WebSocket for a session is refused, and the first goes on', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const client = await probed(at, poller);
  const refused = { status: 400, body: '{"code":3,"message":"Bad request"}' };
  t.same(await at.frames(upgradeQuery(poller)).refused(), refused);
  client.socket.send('5');
  client.socket.send('4a');
  await at.events.first('received');
  t.same(await at.frames(upgradeQuery(poller)).refused(), refused);
  (await at.session(poller.sid)).send('4b');
  t.same(await client.until(2), ['3probe', '4b']);
});

onEach(t, 'a session that closes amid an upgrade takes its leave on the WebSocket', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  const client = await probed(at, poller);
  session.send('4bye');
  session.close(4001, 'slow');
  client.socket.send('5');
  t.equal(await client.closed, 4001);
  t.same(client.all, ['3probe', '4bye']);
  t.match(await poller.poll(), /^400 .*"code":1/);
  t.equal(at.events.of('closed').length, 1);
});

onEach(t, 'a session that closes amid an upgrade may still be polled', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const client = await probed(at, poller);
  (await at.session(poller.sid)).close(4001, 'slow');
  t.equal(await poller.poll(), '200 1');
  t.equal(await client.closed, 1000);
});

for (const [name, end] of [
  ['a goodbye', (poller: Poller) => poller.post('1')],
  ['a violation', (poller: Poller) => poller.post('x')],
] as const) {
  onEach(t, `${name} over long-polling ends the upgrade, too`, async (t, start) => {
    const at = await start();
    const poller = await at.polling();
    const client = await probed(at, poller);
    await end(poller);
    t.equal(await client.closed, 1000);
    t.equal(at.events.of('closed').length, 1);
    t.match(await poller.poll(), /^400 .*"code":1/);
  });
}

onEach(
  t,
  'a full buffer fits into the WebSocket, and whoever waits for `drained` hears it',
  async (t, start) => {
    const at = await start();
    const poller = await at.polling();
    const session = await at.session(poller.sid);
    const sent: string[] = [];
    for (let number = 0; session.send(`4${number}`) !== 'dropped'; number += 1) sent.push(`4${number}`);
    t.ok(session.bufferedBytes() > MAX_BUFFERED);
    session.subscribe('room');
    at.transport.publish('room', '4lost');
    const client = await probed(at, poller);
    client.socket.send('5');
    await at.events.first('drained', () => session.bufferedBytes() === 0);
    session.send('4end');
    t.same((await client.through('4end')).slice(1, -1), sent);
    t.same(
      at.events.all.slice(1, 3).map(({ type }) => type),
      ['dropped', 'drained'],
    );
    t.equal(at.events.of('dropped').length, 1);
  },
);

onEach(t, 'a body that arrives after the upgrade is refused, not lost in silence', async (t, start) => {
  const at = await start();
  const poller = await at.polling();
  const client = await probed(at, poller);
  let push = (_text: string, _isLast: boolean) => {};
  const body = new ReadableStream({
    start(controller) {
      push = (text, isLast) => {
        controller.enqueue(Buffer.from(text));
        if (isLast) controller.close();
      };
    },
  });
  push('4la', false);
  const answer = fetch(poller.url, { method: 'POST', body, duplex: 'half' } as RequestInit);
  await settled(at);
  client.socket.send('5');
  client.socket.send('4a');
  await at.events.first('received');
  push('te', true);
  t.equal((await answer).status, 400);
  t.equal(at.events.of('received').length, 1);
  t.same(at.events.of('closed'), []);
});
