import type { Test } from 'tap';
import { ended, key, rawPeer, request, upgrade } from './raw-peer.ts';
import { MAX_BUFFERED, type MakeTransport, stage } from './stage.ts';

/** Peers that mean harm, or do not know better. */
export function hostileContract(t: Test, make: MakeTransport): void {
  for (const [name, bytes] of Object.entries({
    garbage: '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n',
    'an HTTP version of its own': 'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
    'endless headers': `GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(200_000)}\r\n\r\n`,
  })) {
    t.test(`a client that sends ${name} is cut off and harms nobody`, async (t) => {
      const at = await stage(t, make);
      const other = await at.join();
      const socket = await at.tcp();
      socket.write(bytes, 'latin1');
      await ended(socket);
      other.connection.send('alive');
      t.same(await other.client.until(1), ['alive']);
      await at.stillServes(t);
    });
  }

  for (const [name, lines] of Object.entries({
    'no key': upgrade,
    'a key that is too short': [...upgrade, 'Sec-WebSocket-Key: abc'],
    'no upgrade at all': [key, 'Sec-WebSocket-Version: 13'],
    'an upgrade to something else': ['Upgrade: h2c', 'Connection: Upgrade', key, 'Sec-WebSocket-Version: 13'],
    'another version': ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 12', key],
  })) {
    t.test(`a handshake with ${name} opens nothing`, async (t) => {
      const at = await stage(t, make);
      const socket = await at.tcp();
      socket.write(request(lines));
      const answer = await new Promise<string>((resolve) => {
        socket.once('data', (chunk) => resolve(String(chunk)));
        socket.once('close', () => resolve(''));
      });
      t.notMatch(answer, /101/);
      socket.destroy();
      await at.stillServes(t);
      t.equal(at.events.of('opened').length, 1);
    });
  }

  for (const [name, bytes] of Object.entries({
    'a reserved opcode': [0x83, 0x80, 0, 0, 0, 0],
    'a reserved control opcode': [0x8b, 0x80, 0, 0, 0, 0],
    'a reserved bit': [0xc1, 0x81, 0, 0, 0, 0, 0x41],
    'a ping in fragments': [0x09, 0x80, 0, 0, 0, 0],
    'a control frame that is too long': [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0],
    'text that is not UTF-8': [0x81, 0x81, 0, 0, 0, 0, 0xff],
    'a length of 2^63': [0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  })) {
    t.test(`a frame with ${name} ends its connection only`, async (t) => {
      const at = await stage(t, make);
      const other = await at.join();
      const socket = await rawPeer(at);
      socket.write(Buffer.from(bytes));
      await ended(socket);
      const closed = await at.events.first('closed');
      t.notOk(closed.clean);
      t.equal(at.events.of('received').length, 0);
      other.connection.send('alive');
      t.same(await other.client.until(1), ['alive']);
    });
  }

  t.test('a frame without a mask harms nobody', async (t) => {
    const at = await stage(t, make);
    const other = await at.join();
    const socket = await rawPeer(at);
    socket.write(Buffer.from([0x81, 0x01, 0x41]));
    socket.end();
    await ended(socket);
    t.notOk((await at.events.first('closed')).clean);
    other.connection.send('alive');
    t.same(await other.client.until(1), ['alive']);
  });

  t.test('a frame that comes byte by byte is received whole', async (t) => {
    const at = await stage(t, make);
    const socket = await rawPeer(at);
    socket.setNoDelay(true);
    for (const byte of [0x81, 0x83, 1, 2, 3, 4, 0x41 ^ 1, 0x42 ^ 2, 0x43 ^ 3]) {
      await new Promise((resolve) => socket.write(Buffer.from([byte]), resolve));
    }
    t.equal((await at.events.first('received')).text, 'ABC');
    socket.destroy();
  });

  t.test('a flood of pings is answered to who reads, and does not grow for who does not', async (t) => {
    const at = await stage(t, make);
    const [reader, other] = [await at.join(), await at.join()];
    const payload = Buffer.alloc(125, 'p');
    let pongs = 0;
    const answered = new Promise<void>((resolve) => {
      reader.client.socket.on('pong', () => {
        pongs += 1;
        if (pongs === 100) resolve();
      });
    });
    for (let ping = 0; ping < 100; ping += 1) reader.client.socket.ping(payload);
    await answered;

    reader.client.socket.pause();
    for (let ping = 0; ping < 150_000; ping += 1) reader.client.socket.ping(payload);
    reader.client.socket.send('done');
    await at.events.first('received', ({ text }) => text === 'done');
    t.ok(reader.connection.bufferedBytes() > 0, 'more than the operating system takes');
    t.ok(reader.connection.bufferedBytes() <= MAX_BUFFERED + 256);
    other.connection.send('alive');
    t.same(await other.client.until(1), ['alive']);
  });
}
