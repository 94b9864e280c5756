import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import type { Connection, Handshake } from '../../server/transport/connection.ts';
import { createUwsTransport } from '../../server/transport/uws.ts';
import { MAX_BUFFERED, type Stage, stage } from '../contract/transport/stage.ts';

/** Two clients: one sends a frame, and then the other, which has not read until then, reads. */
const peers = `
const { connect } = require('node:net');
const { parentPort, workerData: { port, done } } = require('node:worker_threads');
const open = (name) => new Promise((resolve) => {
  const socket = connect(port, '127.0.0.1');
  socket.write(['GET /?client=' + name + ' HTTP/1.1', 'Host: a', 'Upgrade: websocket', 'Connection: Upgrade',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\\r\\n'));
  socket.on('error', () => {});
  socket.once('data', () => resolve(socket));
});
Promise.all([open('slow'), open('quick')]).then(([slow, quick]) => {
  slow.pause();
  parentPort.postMessage('ready');
  parentPort.once('message', () => {
    const got = [];
    quick.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x67, 0x6f]));
    setTimeout(() => slow.on('data', (chunk) => got.push(chunk)).resume(), 50);
    setTimeout(() => { Atomics.store(done, 0, 1); Atomics.notify(done, 0); }, 150);
    setTimeout(() => parentPort.postMessage(Buffer.concat(got).toString('latin1')), 1000);
  });
});
`;

/** A turn in which a hundred frames are published and, after that, one who is over the bound has read. */
async function turn(t: Test, fill: (at: Stage, connection: Connection) => Promise<void>) {
  const at = await stage(t, createUwsTransport, {
    received() {
      for (let number = 0; number < 100; number += 1) at.transport.publish('room', `frame ${number};`);
    },
  });
  const done = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(peers, { eval: true, workerData: { port: at.port, done } });
  t.teardown(() => worker.terminate());
  await once(worker, 'message');
  const isSlow = ({ handshake }: { handshake: Handshake }) => handshake.query === 'client=slow';
  const { connection } = await at.events.first('opened', isSlow);
  connection.subscribe('room');
  await fill(at, connection);
  t.ok(connection.bufferedBytes() > MAX_BUFFERED);
  const before = at.events.of('dropped').length;
  worker.postMessage('go');
  // Both are there when the loop looks: first what is received, then that the slow one has read.
  Atomics.wait(done, 0, 0, 5000);
  const [got] = await once(worker, 'message');
  t.same(String(got).match(/frame \d+/g) ?? [], [], 'behind what was lost nothing arrives');
  return { at, dropped: at.events.of('dropped').slice(before) };
}

t.test('guarantee 1: what is published to one that was filled by what was sent is lost', async (t) => {
  const { at, dropped } = await turn(t, async (_, connection) => {
    while (connection.send('x'.repeat(20_000)) !== 'dropped');
  });
  t.same(
    dropped.map(({ text }) => text),
    ['frame 0;'],
  );
  t.equal(at.events.of('closed').length, 0);
});

t.test(
  'guarantee 1: where what was published has filled it, it is lost, or the connection ends',
  async (t) => {
    const { at, dropped } = await turn(t, async (at) => {
      while (at.events.of('dropped').length === 0) {
        at.transport.publish('room', 'x'.repeat(20_000));
        await setImmediate();
      }
    });
    t.ok(dropped.length + at.events.of('closed').length > 0);
  },
);
