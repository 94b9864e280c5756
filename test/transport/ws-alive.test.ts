import t from 'tap';
import type { Clock } from '../../server/clock.ts';
import { createWsTransport } from '../../server/transport/ws.ts';
import { stage } from '../contract/transport/stage.ts';

/** A clock of which only the even intervals matter. */
function ticking(): { clock: Clock; tick: () => void } {
  let action = () => {};
  return {
    clock: {
      now: () => 0,
      monotonic: () => 0,
      after: () => () => {},
      every(_intervalMs, each) {
        action = each;
        return () => {
          action = () => {};
        };
      },
    },
    tick: () => action(),
  };
}

t.test('a silent peer is pinged, and ended when it stays silent', async (t) => {
  const { clock, tick } = ticking();
  const at = await stage(t, (options) => createWsTransport(options, clock));
  const [dead, living] = [await at.join({ autoPong: false }), await at.join()];
  const pings = { dead: 0, living: 0 };
  dead.client.socket.on('ping', () => (pings.dead += 1));
  living.client.socket.on('ping', () => (pings.living += 1));
  const round = async () => {
    tick();
    // What the living one says comes after the pong to a ping of this tick.
    const said = at.events.of('received').length;
    living.connection.send('well?');
    await living.client.until(said + 1);
    living.client.socket.send('yes');
    await at.events.count('received', said + 1);
  };
  for (let rounds = 0; rounds < 4; rounds += 1) await round();
  const closed = await at.events.first('closed');
  t.same([closed.connection, closed.code, closed.clean], [dead.connection, 1006, false]);
  await dead.client.closed;
  t.same(pings, { dead: 2, living: 0 });
  for (let rounds = 0; rounds < 4; rounds += 1) await round();
  t.equal(at.events.of('closed').length, 1);
});

t.test('a pong is a sign of life', async (t) => {
  const { clock, tick } = ticking();
  const at = await stage(t, (options) => createWsTransport(options, clock));
  const { client, connection } = await at.join();
  for (let pings = 0; pings < 5; pings += 1) {
    const pinged = new Promise((resolve) => client.socket.once('ping', resolve));
    tick();
    tick();
    await pinged;
    // Another request takes more turns than the pong, which is on its way already.
    await (await fetch(`http://127.0.0.1:${at.port}/health`)).text();
  }
  connection.send('alive');
  t.same(await client.until(1), ['alive']);
});
