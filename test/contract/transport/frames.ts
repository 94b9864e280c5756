import type { Test } from 'tap';
import { rawPeer } from './raw-peer.ts';
import { type MakeTransport, stage } from './stage.ts';

/** Handshakes, and frames in their order. */
export function framesContract(t: Test, make: MakeTransport): void {
  t.test('the handshake is read from the opening request', async (t) => {
    const { client, events } = await stage(t, make).then((s) => ({
      client: s.client.bind(s),
      events: s.events,
    }));
    await client('/ws?token=a%20b&c', [], {
      headers: { authorization: 'Bearer x', cookie: 'a=b' },
      origin: 'https://example.org',
    }).opened();
    const { connection, handshake } = await events.first('opened');
    t.same(handshake, {
      path: '/ws',
      query: 'token=a%20b&c',
      authorization: 'Bearer x',
      cookie: 'a=b',
      origin: 'https://example.org',
      host: handshake.host,
      address: '127.0.0.1',
      protocol: '',
    });
    t.equal(connection.id, 'connection-1');
    t.equal(connection.state, undefined);
  });

  t.test('headers that are missing are undefined, and so is no query ""', async (t) => {
    const { client, events } = await stage(t, make).then((s) => ({
      client: s.client.bind(s),
      events: s.events,
    }));
    await client('/').opened();
    const { authorization, cookie, origin, query } = (await events.first('opened')).handshake;
    t.same([authorization, cookie, origin, query], [undefined, undefined, undefined, '']);
  });

  t.test('one of the offered subprotocols is answered', async (t) => {
    const at = await stage(t, make);
    const client = await at.client('/', ['other', 'tandem', 'third']).opened();
    t.equal(client.socket.protocol, 'tandem');
    t.equal((await at.events.first('opened')).handshake.protocol, 'tandem');
  });

  t.test('no subprotocol is answered where none is chosen', async (t) => {
    const at = await stage(t, make);
    const error = await at.client('/', ['other']).opened().catch(String);
    t.match(error, /no subprotocol/, 'the client says that the server sent none');
    t.equal((await at.events.first('opened')).handshake.protocol, '');
  });

  t.test('upgrades are accepted at the given paths only', async (t) => {
    const at = await stage(t, make);
    await at.client('/').opened();
    await at.client('/ws').opened();
    for (const path of ['/ws/', '/other', '/ws/more']) {
      const error = await at.client(path).opened().catch(String);
      t.match(error, /404/, path);
    }
    t.equal(at.events.of('opened').length, 2);
  });

  t.test('text and binary frames leave with their kind, direct and published alike', async (t) => {
    const at = await stage(t, make);
    const [{ client, connection }, sender] = [await at.join(), await at.join()];
    const kinds: string[] = [];
    client.socket.on('message', (data, isBinary) => kinds.push(`${isBinary ? 'binary' : 'text'} ${data}`));
    for (const each of [connection, sender.connection]) each.subscribe('room');
    const bytes = Buffer.from('ü');
    for (const frame of ['a', bytes, { binary: bytes }]) {
      connection.send(frame);
      at.transport.publish('room', frame);
      at.transport.publish('room', frame, sender.connection);
    }
    await client.until(9);
    t.same(
      kinds,
      ['text a', 'text ü', 'binary ü'].flatMap((kind) => [kind, kind, kind]),
    );
    t.same(await sender.client.until(3), ['a', 'ü', 'ü']);
  });

  t.test('text and binary frames arrive with their kind', async (t) => {
    const at = await stage(t, make);
    const { client } = await at.join();
    client.socket.send('grüße 🦑');
    client.socket.send(Buffer.from([65, 66]));
    client.socket.send('');
    await at.events.count('received', 3);
    t.same(
      at.events.of('received').map(({ text, isBinary }) => [text, isBinary]),
      [
        ['grüße 🦑', false],
        ['AB', true],
        ['', false],
      ],
    );
  });

  t.test('strings and encoded bytes go out as the same text frames', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    const kinds: boolean[] = [];
    client.socket.on('message', (_data, isBinary) => kinds.push(isBinary));
    connection.subscribe('room');
    t.equal(connection.send('ü1'), 'sent');
    t.equal(connection.send(Buffer.from('ü2')), 'sent');
    at.transport.publish('room', 'ü3');
    at.transport.publish('room', Buffer.from('xxü4').subarray(2));
    t.same(await client.until(4), ['ü1', 'ü2', 'ü3', 'ü4']);
    t.same(kinds, [false, false, false, false]);
  });

  t.test('a published frame reaches every subscriber except one', async (t) => {
    const at = await stage(t, make);
    const [a, b, c, stranger] = [await at.join(), await at.join(), await at.join(), await at.join()];
    for (const { connection } of [a, b, c]) connection.subscribe('room');
    at.transport.publish('room', 'to all');
    at.transport.publish('room', 'not to a', a.connection);
    at.transport.publish('room', 'from a stranger', stranger.connection);
    at.transport.publish('elsewhere', 'to nobody');
    at.transport.publish('room', 'x'.repeat(20_000), b.connection);
    for (const { connection } of [a, b, c, stranger]) connection.send('end');
    const seen = (frames: string[]) => frames.map((frame) => frame.slice(0, 20));
    const big = 'x'.repeat(20);
    t.same(seen(await a.client.through('end')), ['to all', 'from a stranger', big, 'end']);
    t.same(seen(await b.client.through('end')), ['to all', 'not to a', 'from a stranger', 'end']);
    t.same(seen(await c.client.through('end')), ['to all', 'not to a', 'from a stranger', big, 'end']);
    t.same(seen(await stranger.client.through('end')), ['end']);
  });

  t.test('a frame published on behalf of a closed connection reaches all others', async (t) => {
    const at = await stage(t, make);
    const [a, b] = [await at.join(), await at.join()];
    a.connection.subscribe('room');
    b.connection.subscribe('room');
    a.connection.close(4000, '');
    at.transport.publish('room', 'late', a.connection);
    t.same(await b.client.until(1), ['late']);
  });

  t.test('guarantee 1: direct and published frames arrive in the order of the calls', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.subscribe('room');
    connection.subscribe('other');
    const sent: string[] = [];
    const ways = [
      (frame: string) => connection.send(frame),
      (frame: string) => at.transport.publish('room', frame),
      (frame: string) => at.transport.publish('other', frame),
      (frame: string) => at.transport.publish('room', frame.padEnd(17_000, '.')),
    ];
    const burst = () => {
      for (let index = 0; index < 100; index += 1) {
        sent.push(`${sent.length}`);
        // Neighbours of every kind meet: the step is coprime with the number of ways.
        ways[(index * 7 + (index >> 3)) % (index % 25 === 0 ? 4 : 3)]?.(sent.at(-1) ?? '');
      }
    };
    burst();
    connection.cork(burst);
    await client.until(100);
    burst();
    connection.send('end');
    t.same(
      (await client.through('end')).map((frame) => frame.replace(/\.+$/, '')),
      [...sent, 'end'],
    );
  });

  t.test('what was published before an unsubscribe in the same turn arrives', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.subscribe('only');
    at.transport.publish('only', 'before');
    connection.unsubscribe('only');
    at.transport.publish('only', 'after');
    t.same(await client.until(1), ['before']);
    connection.subscribe('only');
    at.transport.publish('only', 'again');
    connection.unsubscribe('only');
    connection.send('end');
    t.same(await client.through('end'), ['before', 'again', 'end']);
  });

  t.test(
    'what was published before a subscribe does not arrive; subscribing twice counts once',
    async (t) => {
      const at = await stage(t, make);
      const { client, connection } = await at.join();
      const other = await at.join();
      other.connection.subscribe('room');
      at.transport.publish('room', 'before');
      connection.subscribe('room');
      connection.subscribe('room');
      at.transport.publish('room', 'once');
      connection.unsubscribe('room');
      connection.unsubscribe('never');
      at.transport.publish('room', 'after');
      connection.send('end');
      t.same(await client.through('end'), ['once', 'end']);
      t.same(await other.client.until(3), ['before', 'once', 'after']);
    },
  );

  t.test('corked sends leave in one write', async (t) => {
    const at = await stage(t, make);
    const socket = await rawPeer(at);
    const { connection } = await at.events.first('opened');
    const chunk = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    connection.cork(() => {
      for (let count = 0; count < 50; count += 1) connection.send('x'.repeat(100));
    });
    t.equal((await chunk).length, 50 * 102);
    socket.destroy();
  });

  t.test('corked sends arrive in order, and the cork ends when its action throws', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await at.join();
    connection.cork(() => {
      t.equal(connection.send('1'), 'sent');
      connection.cork(() => connection.send('2'));
      t.equal(connection.send('3'), 'sent');
    });
    t.throws(() =>
      connection.cork(() => {
        connection.send('4');
        throw new Error('from within');
      }),
    );
    connection.send('5');
    t.same(await client.until(5), ['1', '2', '3', '4', '5']);
  });
}
