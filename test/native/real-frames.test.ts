import { once } from 'node:events';
import t from 'tap';
import { connect } from '../support/client.ts';
import { startServer } from '../support/servers.ts';
import { badFrames, goodFrames, invalidText } from './bad-frames.ts';

const unfit = new Set(invalidText);

for (const TRANSPORT of ['uws', 'ws']) {
  const start = async () => startServer({ TRANSPORT, RATE_LIMIT: '1000000/1s', STREAM_LIMIT: '500000/1s' });

  t.test(
    `[ER3] over sockets, too, a bad frame is answered and the connection lives (${TRANSPORT})`,
    async (t) => {
      const server = await start();
      t.teardown(() => server.close());
      const [ada, bystander] = [await connect(server.port), await connect(server.port)];
      await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } });
      await bystander.ask({ type: 'join', roomId: 'room', user: { userId: 'ben' } });
      await ada.next((one) => one.type === 'presence' && one.users.length === 2);
      await Promise.all([ada.sync(), bystander.sync()]);
      const quiet = bystander.messages.length;
      const bad = badFrames.filter((one) => !unfit.has(one));
      const from = ada.messages.length;
      for (const { frame, binary } of bad) ada.socket.send(frame, { binary: binary ?? false });
      await ada.sync();
      const answers = ada.messages.slice(from).filter((one) => one.type === 'error');
      t.equal(answers.length, bad.length);
      for (const [index, { name, code }] of bad.entries()) t.equal(answers[index]?.code, code, name);
      for (const frame of goodFrames) ada.socket.send(frame);
      await ada.sync();
      t.equal(ada.messages.at(-2)?.type, 'ack');
      ada.send({ type: 'message', text: 'marker' });
      await bystander.next((one) => one.text === 'marker');
      t.same(
        bystander.messages.slice(quiet).map((one) => one.type),
        ['message'],
      );
      await Promise.all([ada.close(), bystander.close()]);
    },
  );

  t.test(`[ER4] a frame over MAX_FRAME_BYTES closes the connection with 1009 (${TRANSPORT})`, async (t) => {
    const server = await start();
    t.teardown(() => server.close());
    const bystander = await connect(server.port);
    for (const binary of [false, true]) {
      const client = await connect(server.port);
      client.socket.on('error', () => {});
      client.socket.send('x'.repeat(1024 * 1024), { binary });
      t.equal((await client.next((one) => one.type === 'error')).code, 'MESSAGE_TOO_LARGE');
      client.socket.send('x'.repeat(1024 * 1024 + 1), { binary });
      t.equal((await client.closed).code, 1009);
    }
    const fragments = await connect(server.port);
    fragments.socket.on('error', () => {});
    for (let part = 0; part < 5; part++) fragments.socket.send('x'.repeat(300_000), { fin: part === 4 });
    t.equal((await fragments.closed).code, 1009, 'in parts, too');
    const far = await connect(server.port);
    far.socket.on('error', () => {});
    far.socket.send('x'.repeat(2 * 1024 * 1024 + 1));
    t.match(
      (await far.closed).code,
      TRANSPORT === 'uws' ? 1006 : /1006|1009/,
      'over twice of it may break it off',
    );
    await bystander.sync();
    await bystander.close();
  });

  t.test(`frames and buffers may be as large as can be set (${TRANSPORT})`, async (t) => {
    const largest = { MAX_FRAME_BYTES: '2147483647', MAX_BUFFERED_BYTES: '4294967295' };
    const server = await startServer({ TRANSPORT, ...largest });
    t.teardown(() => server.close());
    const ada = await connect(server.port);
    t.match(await ada.ask({ type: 'join', roomId: 'room', user: { userId: 'ada' } }), { type: 'ack' });
    await ada.close();
  });

  t.test(`[ER3] a text frame that is not UTF-8 ends its connection only (${TRANSPORT})`, async (t) => {
    const server = await start();
    t.teardown(() => server.close());
    const bystander = await connect(server.port);
    for (const { name, frame } of invalidText) {
      const client = await connect(server.port);
      client.socket.on('error', () => {});
      client.socket.send(frame, { binary: false });
      const first = await Promise.race([client.closed, once(client.socket, 'message')]);
      // RFC 6455, section 8.1, has the endpoint fail the connection; an error says more and is allowed, too.
      if (!Array.isArray(first)) t.ok([1006, 1007].includes(first.code), name);
      client.socket.terminate();
    }
    await bystander.sync();
    await bystander.close();
  });
}
