import t from 'tap';
import type { Clock } from '../../../server/clock.ts';
import { Deadlines } from '../../../server/transport/deadlines.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { MAX_BUFFERED, onEach, settled } from './stage.ts';

const options = { pingIntervalMs: 25_000, pingTimeoutMs: 20_000 };

onEach(t, 'a session that answers pings lives on, over a WebSocket', async (t, start) => {
  const at = await start({ options });
  const { client, session } = await at.websocket();
  for (let round = 1; round <= 4; round += 1) {
    at.clock.advance(24_999);
    session.send(`4${round}`);
    at.clock.advance(1);
    t.same((await client.until(1 + 2 * round)).slice(-2), [`4${round}`, '2']);
    at.clock.advance(19_999);
    client.socket.send('3');
    client.socket.send('4');
    await at.events.count('received', round);
  }
  t.same(at.events.of('closed'), []);
});

onEach(t, 'a session that answers pings lives on, over long-polling', async (t, start) => {
  const at = await start({ options });
  const poller = await at.polling();
  for (let round = 1; round <= 4; round += 1) {
    const held = poller.poll();
    await settled(at);
    at.clock.advance(25_000);
    t.equal(await held, '200 2');
    at.clock.advance(19_999);
    t.equal(await poller.post('3'), '200 ok');
  }
  t.same(at.events.of('closed'), []);
});

onEach(t, 'a session that answers no ping ends, whatever else it sends', async (t, start) => {
  const at = await start({ options });
  const { client } = await at.websocket();
  const [poller, silent] = [await at.polling(), await at.polling()];
  at.clock.advance(25_000);
  t.equal(await poller.poll(), '200 2');
  const held = poller.poll();
  client.socket.send('4a');
  await poller.post('4b');
  await at.events.count('received', 2);
  at.clock.advance(19_999);
  t.same(at.events.of('closed'), []);
  at.clock.advance(1);
  t.equal(await client.closed, 1006);
  t.equal(await held, '200 1');
  for (const { poll } of [poller, silent].map((one) => ({ poll: () => one.poll() }))) {
    t.match(await poll(), /^400 .*"code":1/);
  }
  t.same(
    at.events.of('closed').map(({ code, clean }) => [code, clean]),
    Array(3).fill([1006, false]),
  );
});

onEach(t, 'a ping that does not fit is sent once the buffer has drained', async (t, start) => {
  const at = await start({ options });
  const poller = await at.polling();
  const session = await at.session(poller.sid);
  session.send(`4${'x'.repeat(MAX_BUFFERED)}`);
  at.clock.advance(25_000);
  t.match(await poller.poll(), /^200 4x+$/);
  t.equal(await poller.poll(), '200 2');
});

t.test('without sessions there is no timer, and with many there is one', async (t) => {
  const manual = createManualClock();
  let timers = 0;
  const clock: Clock = {
    ...manual,
    after(delayMs, action) {
      timers += 1;
      let isSet = true;
      const unset = () => {
        if (isSet) timers -= 1;
        isSet = false;
      };
      const cancel = manual.after(delayMs, () => {
        unset();
        action();
      });
      return () => {
        unset();
        cancel();
      };
    },
  };
  const due: string[] = [];
  const deadlines = new Deadlines<string>(clock, 100, (name) => {
    due.push(`${name} ${clock.monotonic()}`);
    // All that can be done within, each of which ends in one timer.
    if (name === 'b') deadlines.set('f');
    if (name === 'e') {
      deadlines.delete('f');
      deadlines.set('g');
    }
    if (name === 'g') {
      deadlines.set('h');
      deadlines.delete('h');
      deadlines.set('i');
    }
  });
  t.equal(timers, 0);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    deadlines.set(name);
    clock.monotonic();
    manual.advance(10);
  }
  t.equal(timers, 1);
  deadlines.delete('c');
  deadlines.set('a');
  manual.advance(149);
  t.same(due, ['b 110', 'd 130', 'e 140', 'a 150']);
  t.equal(timers, 1);
  manual.advance(100);
  t.same(due.slice(4), ['g 240']);
  t.equal(timers, 1);
  manual.advance(1000);
  t.same(due.slice(5), ['i 340']);
  t.equal(timers, 0);
  deadlines.set('j');
  deadlines.delete('j');
  t.equal(timers, 0);
  manual.advance(1000);
  t.equal(due.length, 6);
});
