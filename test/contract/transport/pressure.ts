import type { Test } from 'tap';
import type { Connection } from '../../../server/transport/connection.ts';
import { type Client, MAX_BUFFERED, MAX_FRAME, type MakeTransport, type Stage, stage } from './stage.ts';

/** A frame that shows its number at both ends, so that half of one is noticed. */
function numbered(number: number, bytes: number): string {
  return `${number}`.padEnd(bytes - 8, '-') + `${number}`.padStart(8, '-');
}

function numberOf(frame: string, bytes: number): number {
  const number = Number.parseInt(frame, 10);
  return frame === numbered(number, bytes) ? number : Number.NaN;
}

/** Sends to a connection whose client does not read until a frame is dropped; the numbers of those accepted. */
function fill(connection: Connection, bytes: number): number[] {
  const accepted: number[] = [];
  for (let number = 0; number < 100_000; number += 1) {
    if (connection.send(numbered(number, bytes)) === 'dropped') return accepted;
    accepted.push(number);
  }
  throw new Error('nothing was ever dropped');
}

async function emptied({ events }: Stage, connection: Connection): Promise<void> {
  await events.first(
    'drained',
    ({ connection: which }) => which === connection && which.bufferedBytes() === 0,
  );
}

async function paused(at: Stage): Promise<{ client: Client; connection: Connection }> {
  const joined = await at.join();
  joined.client.socket.pause();
  return joined;
}

/** Receivers that do not keep up. */
export function pressureContract(t: Test, make: MakeTransport): void {
  for (const bytes of [1000, 20_000]) {
    t.test(
      `guarantee 2: direct frames of ${bytes} bytes arrive whole, or are said to be dropped`,
      async (t) => {
        const at = await stage(t, make);
        const { client, connection } = await paused(at);
        const accepted = fill(connection, bytes);
        t.ok(connection.bufferedBytes() > MAX_BUFFERED);
        t.ok(connection.bufferedBytes() <= MAX_BUFFERED + bytes + 16, 'guarantee 3');
        t.equal(connection.send('no'), 'dropped');
        client.socket.resume();
        await emptied(at, connection);
        t.equal(connection.send('end'), 'sent');
        const frames = await client.through('end');
        t.same(
          frames.slice(0, -1).map((frame) => numberOf(frame, bytes)),
          accepted,
        );
        t.equal(at.events.of('dropped').length, 0, 'direct frames are reported by the result');
      },
    );

    t.test(`guarantee 2: a published frame of ${bytes} bytes that does not fit is reported`, async (t) => {
      const at = await stage(t, make);
      const slow = await paused(at);
      const quick = await at.join();
      slow.connection.subscribe('room');
      quick.connection.subscribe('room');
      let published = 0;
      while (at.events.of('dropped').length === 0) {
        for (let burst = 0; burst < 20; burst += 1)
          at.transport.publish('room', numbered(published++, bytes));
        await quick.client.until(published);
        t.ok(slow.connection.bufferedBytes() <= MAX_BUFFERED + bytes + 16, 'guarantee 3');
        if (t.counts.fail > 0) return;
      }
      const [report] = at.events.of('dropped');
      t.equal(report?.connection, slow.connection);
      slow.connection.unsubscribe('room');
      slow.client.socket.resume();
      await emptied(at, slow.connection);
      slow.connection.send('end');
      const numbers = (await slow.client.through('end')).slice(0, -1).map((frame) => numberOf(frame, bytes));
      t.same(
        numbers,
        numbers.map((_, index) => index),
        'whole, in order, without a hole',
      );
      t.equal(
        numberOf(report?.text ?? '', bytes),
        numbers.length,
        'the report shows the first that is missing',
      );
      t.equal(at.events.of('dropped', quick.connection).length, 0);
    });
  }

  t.test('a published binary frame that does not fit is reported by its bytes', async (t) => {
    const at = await stage(t, make);
    const { connection } = await paused(at);
    connection.subscribe('room');
    fill(connection, 20_000);
    at.transport.publish('room', { binary: Buffer.from('lost') });
    t.equal((await at.events.first('dropped')).text, 'lost');
    t.equal(connection.send({ binary: Buffer.from('lost') }), 'dropped');
  });

  t.test(
    'guarantee 1: what is sent behind a published frame that is lost does not overtake it',
    async (t) => {
      const at = await stage(t, make);
      const { client, connection } = await paused(at);
      connection.subscribe('room');
      while (connection.send('x'.repeat(10_000)) === 'sent');
      t.ok(connection.bufferedBytes() < MAX_BUFFERED, 'there is room left');
      for (let bytes = 0; bytes < 2 * MAX_BUFFERED; bytes += 10_000)
        at.transport.publish('room', 'p'.repeat(10_000));
      t.equal(connection.send('behind'), 'dropped');
      t.equal((await at.events.first('dropped')).connection, connection);
      client.socket.resume();
      await emptied(at, connection);
      t.equal(connection.send('end'), 'sent');
      t.notOk((await client.through('end')).includes('behind'));
    },
  );

  t.test(
    'guarantee 1 is kept without pinging for every frame, which peers end connections for',
    async (t) => {
      const at = await stage(t, make);
      const { client, connection } = await at.join();
      connection.subscribe('room');
      let pings = 0;
      client.socket.on('ping', () => {
        pings += 1;
      });
      const sendMany = (topic: string) => {
        for (let bytes = 0; bytes < 2 * MAX_BUFFERED; bytes += 10_000)
          at.transport.publish(topic, 'p'.repeat(10_000));
        for (let count = 0; count < 25; count++) connection.send('answer');
      };
      sendMany('another room');
      connection.send('first');
      await client.through('first');
      t.equal(pings, 0, 'what is published to others is none of its own');
      sendMany('room');
      connection.send('second');
      await client.through('second');
      t.ok(pings <= 1, `${pings} pings`);
    },
  );

  t.test('a result of `buffered` is followed by `drained`', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await paused(at);
    let result = connection.send('x');
    while (result === 'sent') result = connection.send('x'.repeat(10_000));
    t.equal(result, 'buffered');
    t.ok(connection.bufferedBytes() > 0);
    client.socket.resume();
    await emptied(at, connection);
    t.equal(connection.send('y'), 'sent');
  });

  t.test('so is a `dropped` within a cork, of one that reads', async (t) => {
    const at = await stage(t, make);
    const { connection } = await at.join();
    let isRefused = false;
    connection.cork(() => {
      for (let bytes = 0; bytes < 4 * MAX_BUFFERED && !isRefused; bytes += 20_000)
        isRefused = connection.send('x'.repeat(20_000)) === 'dropped';
    });
    // µWS hands over to the system amid a cork, too, and may refuse none.
    if (isRefused) await emptied(at, connection);
    t.equal(connection.send('y'), 'sent');
  });

  t.test('losses of one turn are reported once, after it, and before `drained`', async (t) => {
    const at = await stage(t, make);
    const { client, connection } = await paused(at);
    connection.subscribe('room');
    fill(connection, 20_000);
    const before = at.events.all.length;
    for (const size of [10, 20_000, 10]) at.transport.publish('room', 'x'.repeat(size));
    t.equal(at.events.all.length, before, 'not amid the publish');
    client.socket.resume();
    await emptied(at, connection);
    t.same(
      at.events.all.slice(before, before + 2).map(({ type }) => type),
      ['dropped', 'drained'],
    );
    t.equal(at.events.of('dropped').length, 1);
  });

  for (const size of [10, 20_000]) {
    t.test(
      `everything may be done within \`dropped\`, also close, with frames of ${size} bytes`,
      async (t) => {
        const at = await stage(t, make, {
          dropped(connection) {
            connection.unsubscribe('room');
            connection.send('no');
            at.transport.publish('room', 'from within');
            connection.close(4001, 'slow');
            at.transport.publish('room', 'end');
          },
        });
        const slow = [await paused(at), await paused(at), await paused(at)];
        const quick = await at.join();
        for (const { connection } of slow) fill(connection, 20_000);
        for (const { connection } of [...slow, quick]) connection.subscribe('room');
        at.transport.publish('room', 'x'.repeat(size));
        await at.events.count('closed', 3);
        await quick.client.until(7);
        t.same(quick.client.frames.slice(1), Array(3).fill(['from within', 'end']).flat());
        t.same(
          at.events.of('closed').map(({ code, clean }) => [code, clean]),
          Array(3).fill([4001, false]),
        );
        t.equal(at.events.of('dropped').length, 3);
        await at.stillServes(t);
      },
    );
  }

  t.test('pending published and direct frames together stay within guarantee 3', async (t) => {
    const at = await stage(t, make);
    const { connection } = await paused(at);
    connection.subscribe('room');
    const [small, big] = [15_000, MAX_FRAME];
    for (let round = 0; round < 400; round += 1) {
      at.transport.publish('room', 'p'.repeat(small));
      at.transport.publish('room', 'p'.repeat(small));
      connection.send('d'.repeat(big));
      if (connection.bufferedBytes() > MAX_BUFFERED + small + big + 32)
        t.fail(`${connection.bufferedBytes()}`);
    }
    t.ok(connection.bufferedBytes() > MAX_BUFFERED);
  });

  t.test('a peer that does not read can be closed and terminated', async (t) => {
    const at = await stage(t, make);
    const [a, b] = [await paused(at), await paused(at)];
    fill(a.connection, 20_000);
    fill(b.connection, 20_000);
    a.connection.close(4001, 'slow');
    b.connection.terminate();
    await at.events.count('closed', 2);
    t.same(
      at.events.of('closed').map(({ code, clean }) => [code, clean]),
      [
        [4001, false],
        [1006, false],
      ],
    );
    a.client.socket.resume();
    b.client.socket.resume();
    await Promise.all([a.client.closed, b.client.closed]);
  });
}
