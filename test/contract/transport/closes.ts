import type { Test } from 'tap';
import { MAX_FRAME, type MakeTransport, stage } from './stage.ts';

/** How connections end. */
export function closesContract(t: Test, make: MakeTransport): void {
  for (const [code, clean] of [
    [1000, true],
    [1001, true],
    [undefined, true],
    [4500, false],
    [1011, false],
  ] as const) {
    t.test(
      `a client that closes with ${code ?? 'no code'} is ${clean ? 'clean' : 'not clean'}`,
      async (t) => {
        const at = await stage(t, make);
        const { client } = await at.join();
        client.socket.close(code);
        const closed = await at.events.first('closed');
        t.same([closed.code, closed.clean], [code ?? 1005, clean]);
        t.equal((await client.closed).code, code ?? 1005, 'the close frame is answered');
      },
    );
  }

  t.test('connections that break are not clean', async (t) => {
    const at = await stage(t, make);
    const [a, b] = [await at.join(), await at.join()];
    a.client.tcp.destroy();
    b.client.tcp.resetAndDestroy();
    await at.events.count('closed', 2);
    t.same(
      at.events.of('closed').map(({ code, clean }) => [code, clean]),
      [
        [1006, false],
        [1006, false],
      ],
    );
  });

  t.test('the client sees code and reason of a close by the server', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.subscribe('room');
    connection.send('direct');
    at.transport.publish('room', 'published');
    connection.close(4100, '{"code":"TOKEN_INVALID"}');
    connection.close(4000, 'again');
    t.same(await client.closed, { code: 4100, reason: '{"code":"TOKEN_INVALID"}' });
    t.same(client.frames, ['direct', 'published'], 'what was sent before arrives before');
    const closed = await at.events.first('closed');
    t.same([closed.code, closed.clean], [4100, false]);
  });

  t.test('a close by the server is not clean, whatever its code', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.close(1000, '');
    t.same(await client.closed, { code: 1000, reason: '' });
    const closed = await at.events.first('closed');
    t.same([closed.code, closed.clean], [1000, false]);
  });

  t.test('a reason that is too long is cut between characters', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.close(4000, 'ü'.repeat(100));
    t.same(await client.closed, { code: 4000, reason: 'ü'.repeat(61) });
  });

  t.test('terminate ends without a close frame', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.terminate();
    connection.terminate();
    t.equal((await client.closed).code, 1006);
    const closed = await at.events.first('closed');
    t.same([closed.code, closed.clean], [1006, false]);
  });

  t.test('calls on a closed connection are harmless, also within `closed` and `cork`', async (t) => {
    const at = await stage(t, make);
    const [own, theirs, corked, watcher] = [
      await at.join(),
      await at.join(),
      await at.join(),
      await at.join(),
    ];
    watcher.connection.subscribe('room');
    own.connection.close(4000, '');
    theirs.client.socket.close();
    corked.connection.cork(() => {
      corked.connection.send('last');
      corked.connection.close(4000, '');
      corked.connection.send('too late');
    });
    await at.events.count('closed', 3);
    for (const { connection } of [own, theirs, corked]) {
      t.equal(connection.send('x'), 'dropped');
      let ran = false;
      connection.cork(() => {
        ran = true;
      });
      t.ok(ran);
      connection.subscribe('room');
      connection.unsubscribe('room');
      connection.subscribe('room');
      t.equal(connection.bufferedBytes(), 0);
      connection.close(4000, '');
      connection.terminate();
      at.transport.publish('room', 'x', connection);
    }
    t.same(await watcher.client.until(3), ['x', 'x', 'x']);
    t.same(corked.client.frames, ['last']);
    t.equal(at.events.of('closed').length, 3, 'guarantee 4');
    await at.stillServes(t);
    t.equal(at.events.of('dropped').length, 0);
  });

  t.test(
    'guarantee 4: nothing is received after a close, not even what came with the same packet',
    async (t) => {
      const at = await stage(t, make, { received: (connection) => connection.close(4000, '') });
      const { client } = await at.join();
      client.tcp.cork();
      client.socket.send('first');
      client.socket.send('second');
      client.tcp.uncork();
      t.equal((await client.closed).code, 4000);
      await at.stillServes(t);
      t.same(
        at.events.of('received').map(({ text }) => text),
        ['first'],
      );
      t.equal(at.events.of('closed').length, 2);
    },
  );

  t.test('a connection can be closed from within `received` by another', async (t) => {
    const at = await stage(t, make, {
      received() {
        for (const { connection } of at.events.of('opened')) connection.close(4000, 'all');
      },
    });
    const [a, b] = [await at.join(), await at.join()];
    a.client.socket.send('x');
    t.same(
      await Promise.all([a.client.closed, b.client.closed]),
      Array(2).fill({ code: 4000, reason: 'all' }),
    );
    await at.events.count('closed', 2);
  });

  t.test('frames up to the limit are received, larger ones close with 1009', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    client.socket.send('x'.repeat(MAX_FRAME));
    await at.events.count('received', 1);
    client.socket.send('x'.repeat(MAX_FRAME + 1));
    t.equal((await client.closed).code, 1009);
    const closed = await at.events.first('closed');
    t.same([closed.connection, closed.code, closed.clean], [connection, 1009, false]);
    t.equal(at.events.of('received').length, 1);
  });

  t.test('the limit holds for a message in fragments, too', async (t) => {
    const at = await stage(t, make);
    const { client } = await at.join();
    const half = 'x'.repeat(MAX_FRAME / 2 + 1);
    client.socket.send(half, { fin: false });
    client.socket.send(half, { fin: true });
    t.equal((await client.closed).code, 1009);
  });

  t.test('far larger frames end the connection, and it only', async (t) => {
    const at = await stage(t, make);
    const [a, b] = [await at.join(), await at.join()];
    a.client.socket.send('x'.repeat(MAX_FRAME * 10));
    t.match((await a.client.closed).code, /1006|1009/);
    t.notOk((await at.events.first('closed')).clean);
    b.connection.send('alive');
    t.same(await b.client.until(1), ['alive']);
    t.equal(at.events.of('received').length, 0);
  });
}
